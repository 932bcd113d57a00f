// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// Something that came over the bus by itself.
public enum BusEvent: Hashable, Sendable {
    case signal(name: String, values: [BusValue])
    /// The answer, a result or an error, to the call that had this cookie.
    case answer(cookie: UInt64)
    /// The connection is lost: nothing will follow.
    case lost
}

/// A connection of its own to a message bus, on which a thread of its own waits for signals.
public final class BusWatcher: Sendable {
    private let thread: WorkerThread
    private let wakeUp: WakeUp
    private let isStopped: Monitor<Bool>

    /// Connects and starts to watch; waits until the bus has confirmed it.
    ///
    /// `rules` says what is watched for, in the syntax of D-Bus match rules; `name` is the thread's, at most
    /// 15 bytes. `handle` runs on the thread, may send calls over the connection but must not wait.
    public init(
        address: String?, timeout: Duration, rules: [String], name: String,
        _ handle: @escaping @Sendable (BusEvent, BusWatcherConnection) -> Void
    ) throws(SystemError) {
        let connection = try BusConnection.open(address: address, timeout: timeout)
        for rule in rules { try connection.watch(rule) }
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
                    while let event = try owned.connection.next() { handle(event, owned) }
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
