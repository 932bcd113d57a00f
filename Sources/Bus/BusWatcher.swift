// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// Something that came over the bus by itself.
public enum BusEvent: Hashable, Sendable {
    /// A signal of the watched service.
    case signal(BusSignal)
    /// The service has come to the bus, or another process has taken its place; it may not be ready yet.
    case appeared
    /// The service has left the bus.
    case disappeared
    /// The answer, a result or an error, to the call that had this cookie.
    case answer(cookie: UInt64)
    /// The connection is lost: nothing will follow.
    case lost
}

/// A signal, with the object and interface that it is said to come from.
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

/// A connection of its own to a message bus, on which a thread of its own waits for signals.
public final class BusWatcher: Sendable {
    private let thread: WorkerThread
    private let wakeUp: WakeUp
    private let isStopped: Monitor<Bool>

    /// Connects and starts to watch; waits until the bus has confirmed it.
    ///
    /// `service` is the well-known name whose owner's signals are reported, and nobody else's: any process may send a
    /// signal that looks the same. `rules` says what is watched for, in the syntax of D-Bus match rules; `name` is
    /// the thread's, at most 15 bytes. `handle` runs on the thread, may send calls over the connection but must not wait.
    public init(
        address: String?, timeout: Duration, service: String, rules: [String], name: String,
        _ handle: @escaping @Sendable (BusEvent, BusWatcherConnection) -> Void
    ) throws(SystemError) {
        let connection = try BusConnection.open(address: address, timeout: timeout)
        try connection.watch(
            "type='signal',sender='\(busService)',member='NameOwnerChanged',arg0='\(service)'")
        for rule in rules { try connection.watch(rule) }
        // From here on the owner can only change with a signal, which has yet to be read.
        do throws(BusError) { try connection.listen(to: connection.owner(of: service)) } catch {
            // Where the bus refuses to say, no sender is listened to until there is a new owner.
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
                // Signals may have come with the answers to the calls above: read first, then wait.
                while true {
                    while let message = try owned.connection.next() {
                        if let event = owned.event(message, of: service) { handle(event, owned) }
                    }
                    _ = try waitForNews(from: [bus, wakeUp], until: nil)
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
        // The handler may hold the last reference.
        if !thread.isCurrent { thread.join() }
    }
}

/// The connection of a ``BusWatcher``, as its handler may use it.
public final class BusWatcherConnection: @unchecked Sendable {
    // Used before the thread starts, and then by the thread alone.
    fileprivate let connection: BusConnection

    fileprivate init(_ connection: BusConnection) { self.connection = connection }

    /// The event that a message stands for; keeps track of the service's owner.
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

    /// Sends a call without waiting; returns what the ``BusEvent/answer(cookie:)`` will carry. Only on the
    /// watcher's thread.
    public func send(_ method: BusMethod, _ strings: [String] = []) throws(SystemError) -> UInt64 {
        try connection.send(method, strings)
    }
}

private final class BusDescriptor: EventSource {
    let descriptorNumber: CInt
    init(number: CInt) { descriptorNumber = number }
}
