// SPDX-License-Identifier: GPL-2.0-or-later
internal import CBus
internal import Glibc
public import Platform

/// The bus name under which the message bus itself sends signals and accepts calls.
let busService = "org.freedesktop.DBus"

/// A message that is not the answer to a call that blocks.
enum BusMessage {
    case signal(sender: String, BusSignal)
    case answer(cookie: UInt64)
}

/// A method of an object on a message bus.
public struct BusMethod: Hashable, Sendable, CustomStringConvertible {
    /// The bus name of the process that has the object: "org.fedoraproject.FirewallD1".
    public var service: String
    /// The path of the object: "/org/fedoraproject/FirewallD1".
    public var path: String
    public var interface: String
    public var name: String

    public init(service: String, path: String, interface: String, name: String) {
        self.service = service
        self.path = path
        self.interface = interface
        self.name = name
    }

    public var description: String { "\(interface).\(name)" }
}

/// The error of a call over the bus.
public enum BusError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The connection or the call could not be made, the connection is lost, or no answer came in time
    /// (ETIMEDOUT; the call may still be carried out).
    case failed(SystemError)
    /// The service, or the bus in its place, answered with an error.
    case refused(operation: String, name: String, text: String)
    /// The answer does not have the documented form.
    case unexpected(operation: String)

    /// True for ``failed(_:)``, unless only the answer did not come in time. Open a new connection then.
    public var isLoss: Bool {
        guard case .failed(let error) = self else { return false }
        return error.code != ETIMEDOUT
    }

    public var description: String {
        switch self {
        case .failed(let error): error.description
        case .refused(let operation, let name, let text): "cannot \(operation): \(text) (\(name))"
        case .unexpected(let operation): "cannot \(operation): the answer has an unknown form"
        }
    }
}

/// A connection to a D-Bus message bus, with calls that block until their answer.
///
/// Not for concurrent use, and not for the cooperative pool.
@safe public final class BusConnection {
    private let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe cbus_close(pointer) }

    /// Connects to the bus at `address` ("unix:path=…"), or to the system bus if nil. `timeout` limits the
    /// wait for the answer of each call.
    public static func open(address: String? = nil, timeout: Duration) throws(SystemError) -> BusConnection {
        var pointer: OpaquePointer?
        let microseconds = UInt64(max(0, timeout / .microseconds(1)))
        let status = unsafe cbus_open(address, microseconds, &pointer)
        let bus = address ?? "the system bus"
        try checkStatus(
            status == -ELIBACC ? "load libsystemd.so.0 to connect to \(bus)" : "connect to \(bus)"
        ) { status }
        guard let pointer = unsafe pointer else { fatalError("open succeeded without a connection") }
        return unsafe BusConnection(pointer)
    }

    /// Calls a method with `strings` and, if given, `number` as arguments, and returns the values of the
    /// answer. Does not start a service that is not running.
    public func call(
        _ method: BusMethod, _ strings: [String] = [], number: Int32? = nil
    ) throws(BusError) -> [BusValue] {
        var answer: OpaquePointer?
        var error = cbus_error()
        let status = unsafe withCall(method, strings, number: number) { call in
            unsafe cbus_call(pointer, call, &answer, &error)
        }
        guard status == 0, let answer = unsafe answer else {
            let name = text(&error.name)
            // An empty name: nobody has answered.
            if name.isEmpty {
                throw .failed(SystemError("call \(method)", code: -status))
            }
            throw .refused(operation: "call \(method)", name: name, text: text(&error.text))
        }
        defer { unsafe cbus_message_free(answer) }
        return try unsafe values(of: answer, operation: "call \(method)")
    }

    /// Sends a call without waiting for the answer. Returns the cookie that the ``BusEvent/answer(cookie:)`` will have.
    func send(_ method: BusMethod, _ strings: [String] = []) throws(SystemError) -> UInt64 {
        var cookie: UInt64 = 0
        let status = unsafe withCall(method, strings, number: nil) { call in
            unsafe cbus_send(pointer, call, &cookie)
        }
        try checkStatus("call \(method)") { status }
        return cookie
    }

    /// Requests the signals that match `rule`, in the syntax of D-Bus match rules.
    func watch(_ rule: String) throws(SystemError) {
        try checkStatus("watch the bus for \(rule)") { unsafe cbus_watch(pointer, rule) }
    }

    /// A descriptor that is readable when ``next()`` has something to do. It belongs to the connection.
    var descriptor: CInt {
        get throws(SystemError) {
            var number: CInt = -1
            try checkStatus("get the bus's descriptor") { unsafe cbus_descriptor(pointer, &number) }
            return number
        }
    }

    /// Passes only signals of the connection with this unique name from now on, besides those of the bus;
    /// with nil, only those of the bus.
    func listen(to sender: String?) {
        // A name that is too long is not valid, so no connection has it: treat it like nil.
        if unsafe cbus_listen_to(pointer, sender ?? "") != 0 { _ = unsafe cbus_listen_to(pointer, "") }
    }

    /// The unique name of the owner of a well-known name; nil when it has no owner.
    public func owner(of service: String) throws(BusError) -> String? {
        let request = BusMethod(
            service: busService, path: "/org/freedesktop/DBus", interface: busService, name: "GetNameOwner")
        do throws(BusError) { return try call(request, [service]).first?.text } catch {
            guard case .refused(_, "org.freedesktop.DBus.Error.NameHasNoOwner", _) = error else {
                throw error
            }
            return nil
        }
    }

    /// The next message that has arrived; nil when there is none. Never blocks. After an error the connection
    /// is lost.
    func next() throws(SystemError) -> BusMessage? {
        while true {
            var message: OpaquePointer?
            try checkStatus("read from the bus") { unsafe cbus_next(pointer, &message) }
            guard let message = unsafe message else { return nil }
            defer { unsafe cbus_message_free(message) }
            if let message = unsafe read(message) { return message }
        }
    }
}

private func read(_ message: OpaquePointer) -> BusMessage? {
    let cookie = unsafe cbus_message_answers(message)
    if cookie != 0 { return .answer(cookie: cookie) }
    guard let name = unsafe cbus_message_signal(message) else { return nil }
    // If its values cannot be read, the signal is still an event.
    let values = unsafe (try? values(of: message, operation: "read a signal")) ?? []
    let origin = unsafe cbus_message_origin(message)
    func text(_ field: UnsafePointer<CChar>?) -> String {
        unsafe field.map { unsafe String(cString: $0) } ?? ""
    }
    return unsafe .signal(
        sender: text(origin.sender),
        BusSignal(
            path: text(origin.path), interface: text(origin.interface), name: text(name), values: values))
}

/// Calls `body` with the call in the form of the C target, which is valid during `body` only.
private func withCall(
    _ method: BusMethod, _ strings: [String], number: Int32?,
    _ body: (UnsafePointer<cbus_call>) -> CInt
) -> CInt {
    let owned = unsafe ([method.service, method.path, method.interface, method.name] + strings).map {
        unsafe strdup($0)
    }
    defer { unsafe owned.forEach { unsafe free($0) } }
    guard unsafe owned.allSatisfy({ unsafe $0 != nil }) else { fatalError("out of memory") }
    let arguments = unsafe owned.dropFirst(4).map { unsafe UnsafePointer($0) }
    return unsafe arguments.withUnsafeBufferPointer { arguments in
        unsafe withUnsafePointer(to: number ?? 0) { value in
            var call = unsafe cbus_call(
                service: owned[0], path: owned[1], interface: owned[2], method: owned[3],
                strings: arguments.baseAddress, count: arguments.count, number: number == nil ? nil : value)
            return unsafe body(&call)
        }
    }
}

/// The text in a C array of characters.
private func text<Characters>(_ array: inout Characters) -> String {
    unsafe withUnsafeBytes(of: &array) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
