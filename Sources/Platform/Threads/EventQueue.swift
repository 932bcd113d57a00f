// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Descriptors watched together, so that one thread can serve many.
///
/// Any thread may ``wake()`` it; waiting is for one thread.
public final class EventQueue: Sendable {
    /// The events that a connection is watched for. Hang-ups are reported in any case.
    public struct Interest: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let readable = Interest(rawValue: UInt32(CLINUX_READABLE))
        public static let writable = Interest(rawValue: UInt32(CLINUX_WRITABLE))
    }

    /// Something that one of the watched descriptors has to report.
    public struct Event: Hashable, Sendable {
        /// The token that the descriptor was added with.
        public let token: UInt64
        public let ready: Interest
        /// Both directions are closed, or the connection failed.
        public let hungUp: Bool
    }

    /// The token of the event that ``wake()`` causes; not for descriptors.
    public static let wakeToken = UInt64.max

    private let queue: Descriptor
    private let wakeUp: WakeUp

    public init() throws(SystemError) {
        var queue: CInt = -1
        try checkStatus("open an event queue") { unsafe clinux_queue_open(&queue) }
        let owned = Descriptor(owning: queue)
        let wakeUp = try WakeUp()
        try checkStatus("watch a wake-up counter") {
            clinux_queue_add(queue, wakeUp.descriptorNumber, Self.wakeToken, UInt32(CLINUX_READABLE))
        }
        self.wakeUp = wakeUp
        self.queue = owned
    }

    /// Watches a connection until it is closed.
    public func add(
        _ connection: borrowing UnixConnection, token: UInt64, interest: Interest
    ) throws(SystemError) {
        try add(connection.descriptor, token: token, interest: interest)
    }

    /// Watches for connections to be accepted.
    public func add(_ listener: borrowing UnixListener, token: UInt64) throws(SystemError) {
        try add(listener.descriptor, token: token, interest: .readable)
    }

    /// Changes what a connection is watched for.
    public func change(
        _ connection: borrowing UnixConnection, token: UInt64, interest: Interest
    ) throws(SystemError) {
        try change(connection.descriptor, token: token, interest: interest)
    }

    /// Stops or resumes watching for connections to be accepted.
    public func change(
        _ listener: borrowing UnixListener, token: UInt64, interest: Interest
    ) throws(SystemError) {
        try change(listener.descriptor, token: token, interest: interest)
    }

    /// Makes the waiting thread return, now or at its next wait.
    public func wake() { wakeUp.signal() }

    /// Blocks until there is something to report; the result is empty after a signal and when `timeout` has
    /// passed.
    public func wait(timeout: Duration? = nil) throws(SystemError) -> [Event] {
        let none = clinux_readiness(token: 0, events: 0)
        var ready = [clinux_readiness](repeating: none, count: 64)
        var count = 0
        try checkStatus("wait for events") {
            unsafe clinux_queue_wait(queue.rawValue, &ready, ready.count, timeout.nanoseconds, &count)
        }
        return ready[..<count].map { entry in
            if entry.token == Self.wakeToken { wakeUp.drain() }
            let failed = UInt32(CLINUX_HUNG_UP | CLINUX_FAILED)
            return Event(
                token: entry.token, ready: Interest(rawValue: entry.events & ~failed),
                hungUp: entry.events & failed != 0)
        }
    }

    /// Watches a source, as long as it lives.
    public func add(_ source: any EventSource, token: UInt64) throws(SystemError) {
        try checkStatus("watch for events") {
            clinux_queue_add(
                queue.rawValue, source.descriptorNumber, token, UInt32(CLINUX_READABLE))
        }
    }

    func add(
        _ descriptor: borrowing Descriptor, token: UInt64, interest: Interest
    ) throws(SystemError) {
        try checkStatus("watch a socket") {
            clinux_queue_add(queue.rawValue, descriptor.rawValue, token, interest.rawValue)
        }
    }

    func change(
        _ descriptor: borrowing Descriptor, token: UInt64, interest: Interest
    ) throws(SystemError) {
        try checkStatus("watch a socket") {
            clinux_queue_change(queue.rawValue, descriptor.rawValue, token, interest.rawValue)
        }
    }
}

/// A queue may be watched by another one: it has news when one of its descriptors has, or when it was woken.
extension EventQueue: EventSource {
    public var descriptorNumber: CInt { queue.rawValue }
}

extension Duration? {
    /// For system calls: a negative number means for ever.
    fileprivate var nanoseconds: Int64 {
        guard let self else { return -1 }
        let (seconds, attoseconds) = self.components
        if seconds < 0 { return 0 }
        return min(seconds, 1 << 32) * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
    }

    /// For system calls: −1 means for ever; fractions are rounded up, so that a deadline is never early.
    var milliseconds: CInt {
        guard let self else { return -1 }
        let (seconds, attoseconds) = self.components
        if seconds < 0 { return 0 }
        if seconds >= 2_000_000 { return 2_000_000_000 }
        return CInt(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
