// SPDX-License-Identifier: GPL-2.0-or-later
internal import CLinux
internal import Dispatch
internal import Glibc

/// A name that at most one process of a network namespace holds. Free again when this ends, however it ends.
///
/// The name is that of an abstract Unix socket: those belong to the network namespace and leave no file.
/// Any user can take a name, so look at who holds it.
public struct NamespaceLock: ~Copyable, Sendable {
    /// Why the name was not to be had.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Another process holds it.
        case held(process: Int32, uid: UInt32)
        case system(SystemError)

        public var description: String {
            switch self {
            case .held(let process, let uid): "held by process \(process) of user \(uid)"
            case .system(let error): error.description
            }
        }
    }

    private static let attempts = 10

    /// Answers nobody, but takes everybody who asks off the queue: a full one would turn others away.
    // Used when this begins and when it ends only.
    private nonisolated(unsafe) let source: any DispatchSourceRead
    private let isFree = DispatchSemaphore(value: 0)

    /// `listener` is closed when this ends.
    private init(owning listener: CInt) {
        let isFree = isFree
        let source = DispatchSource.makeReadSource(
            fileDescriptor: listener, queue: DispatchQueue(label: "teredowall.lock"))
        source.setEventHandler {
            var number: CInt = -1
            while unsafe clinux_accept(listener, &number) == 0 { close(number) }
        }
        source.setCancelHandler {
            close(listener)
            isFree.signal()
        }
        source.activate()
        unsafe self.source = source
    }

    deinit {
        unsafe source.cancel()
        isFree.wait()
    }

    /// Takes the name in the network namespace of the calling thread.
    public static func acquire(name: String) throws(Failure) -> NamespaceLock {
        var failure = Failure.system(SystemError("take the name \(name)", code: EADDRINUSE))
        for _ in 0..<attempts {
            var number: CInt = -1
            let status = unsafe clinux_abstract_listen(name, &number)
            if status == 0 { return NamespaceLock(owning: number) }
            guard status == -EADDRINUSE else {
                throw .system(SystemError("take the name \(name)", code: -status))
            }
            let found: Holder?
            do throws(SystemError) { found = try holder(of: name) } catch {
                failure = .system(error)
                continue
            }
            // The holder may go away between the two questions; then the name is free.
            if let found { throw .held(process: found.process, uid: found.uid) }
        }
        throw failure
    }

    /// A process that holds a name, and its user.
    public struct Holder: Hashable, Sendable {
        public var process: Int32
        public var uid: UInt32

        public init(process: Int32, uid: UInt32) {
            self.process = process
            self.uid = uid
        }
    }

    /// Who holds the name in the network namespace of the calling thread; nil when it is free.
    public static func holder(of name: String) throws(SystemError) -> Holder? {
        let question = "ask who holds the name \(name)"
        var number: CInt = -1
        var status: CInt = 0
        for _ in 0..<attempts {
            status = unsafe clinux_abstract_connect(name, &number)
            guard status == -EAGAIN else { break }
            // So many ask at once that the holder has not got round to them.
            usleep(10_000)
        }
        if status == -ECONNREFUSED { return nil }
        try checkStatus(question) { status }
        let connection = Descriptor(owning: number)
        var holder = Holder(process: 0, uid: 0)
        try checkStatus(question) {
            unsafe clinux_peer_identity(connection.rawValue, &holder.process, &holder.uid)
        }
        return holder
    }
}
