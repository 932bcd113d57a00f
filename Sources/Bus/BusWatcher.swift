// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// An event that a ``BusWatcher`` reports.
public enum BusEvent: Hashable, Sendable {
    /// A signal of the watched service.
    case signal(BusSignal)
    /// The service has joined the bus, or another process has replaced it; it may not be ready yet.
    case appeared
    /// The service has left the bus.
    case disappeared
    /// The answer, a result or an error, to the call with this cookie.
    case answer(cookie: UInt64)
    /// The connection is lost; no further event follows.
    case lost
}

/// A signal, with the object and interface that it names.
public struct BusSignal: Hashable, Sendable {
    public var path: String
    public var interface: String
    public var name: String
    public var values: [BusValue]

    public init(path: String, interface: String, name: String, values: [BusValue]) {
        self.path = path
        self.interface = interface
        self.name = name
        self.values = values
    }
}

/// A connection to a message bus and a thread that waits for signals on it. Releasing the watcher ends the thread,
/// and waits for that.
public final class BusWatcher: Sendable {
    private let thread: WorkerThread
    private let wakeUp: WakeUp
    private let isStopped: Monitor<Bool>

    /// Connects and starts the thread, after the bus has confirmed the watches. `address` and `timeout` are those
    /// of ``BusConnection/open(address:timeout:)``.
    ///
    /// Only signals of the owner of the well-known name `service` are reported, since any process may send a
    /// signal that looks the same. `rules` selects the signals, in the syntax of D-Bus match rules. `name` is
    /// the name of the thread, at most 15 bytes. `handle` is called on the thread; it may send calls over the
    /// connection but must not block.
    public init(
        address: String?, timeout: Duration, service: String, rules: [String], name: String,
        _ handle: @escaping @Sendable (BusEvent, BusWatcherConnection) -> Void
    ) throws(SystemError) {
        let connection = try BusConnection.open(address: address, timeout: timeout)
        try connection.watch(
            "type='signal',sender='\(busService)',member='NameOwnerChanged',arg0='\(service)'")
        for rule in rules { try connection.watch(rule) }
        // From here on, each change of the owner arrives as a signal, which the thread reads.
        do throws(BusError) { try connection.listen(to: connection.owner(of: service)) } catch {
            // If the bus answers with an error, accept no signals of the service until its owner changes.
            if case .failed(let failure) = error { throw failure }
        }
        let bus = BusDescriptor(number: try connection.descriptor)
        let owned = BusWatcherConnection(connection)
        let wakeUp = try WakeUp()
        let isStopped = Monitor(false)
        self.wakeUp = wakeUp
        self.isStopped = isStopped
        thread = try WorkerThread(name: name) {
            do throws(SystemError) {
                // The calls above may have received signals too: read first, then wait.
                while true {
                    while let message = try owned.connection.next() {
                        if let event = owned.event(message, of: service) { handle(event, owned) }
                    }
                    _ = try waitForEvents(from: [bus, wakeUp], until: nil)
                    if isStopped.withLock({ $0 }) { return }
                }
            } catch {
                handle(.lost, owned)
            }
        }
    }

    deinit {
        isStopped.withLock { $0 = true }
        wakeUp.signal()
        // The last reference may be released by the handler, on the thread itself.
        if !thread.isCurrent { thread.join() }
    }
}

/// The connection of a ``BusWatcher``, for its handler.
public final class BusWatcherConnection: @unchecked Sendable {
    // Used before the thread starts, and only by the thread afterwards.
    fileprivate let connection: BusConnection

    fileprivate init(_ connection: BusConnection) { self.connection = connection }

    /// The event of a message; nil if it is not one. Follows changes of the service's owner.
    fileprivate func event(_ message: BusMessage, of service: String) -> BusEvent? {
        switch message {
        case .answer(let cookie): return .answer(cookie: cookie)
        case .signal(let sender, let signal) where sender == busService:
            guard signal.name == "NameOwnerChanged", signal.values.count == 3,
                signal.values[0].text == service, let owner = signal.values[2].text
            else { return nil }
            connection.listen(to: owner)
            return owner.isEmpty ? .disappeared : .appeared
        case .signal(_, let signal): return .signal(signal)
        }
    }

    /// Sends a call without waiting for the answer. Returns the cookie that the ``BusEvent/answer(cookie:)`` will have. Only
    /// for the watcher's thread.
    public func send(_ method: BusMethod, _ strings: [String] = []) throws(SystemError) -> UInt64 {
        try connection.send(method, strings)
    }
}

private final class BusDescriptor: EventSource {
    let descriptorNumber: CInt
    init(number: CInt) { descriptorNumber = number }
}
