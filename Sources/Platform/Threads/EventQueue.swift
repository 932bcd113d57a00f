// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Watches many descriptors, so that one thread can serve them.
///
/// Any thread may call ``wake()``; only one thread at a time may wait.
public final class EventQueue: Sendable {
    /// The events to watch a connection for. Hang-ups are always reported.
    public struct Interest: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let readable = Interest(rawValue: UInt32(CLINUX_READABLE))
        public static let writable = Interest(rawValue: UInt32(CLINUX_WRITABLE))
    }

    /// The events of one of the watched descriptors.
    public struct Event: Hashable, Sendable {
        /// The token with which the descriptor was added.
        public let token: UInt64
        /// The operations that are possible now: reading, writing, or both.
        public let ready: Interest
        /// True when both directions are closed or the connection has failed.
        public let hungUp: Bool
    }

    /// The token of the event caused by ``wake()``; do not use it for a descriptor.
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

    /// Watches for connections to accept.
    public func add(_ listener: borrowing UnixListener, token: UInt64) throws(SystemError) {
        try add(listener.descriptor, token: token, interest: .readable)
    }

    /// Changes the events that a connection is watched for.
    public func change(
        _ connection: borrowing UnixConnection, token: UInt64, interest: Interest
    ) throws(SystemError) {
        try change(connection.descriptor, token: token, interest: interest)
    }

    /// Stops or resumes watching for connections to accept.
    public func change(
        _ listener: borrowing UnixListener, token: UInt64, interest: Interest
    ) throws(SystemError) {
        try change(listener.descriptor, token: token, interest: interest)
    }

    /// Makes ``wait(timeout:)`` return, now or at its next call.
    public func wake() { wakeUp.signal() }

    /// Blocks until there are events. Returns none after a signal, or when `timeout` has passed.
    public func wait(timeout: Duration? = nil) throws(SystemError) -> [Event] {
        let none = clinux_readiness(token: 0, events: 0)
        // 64 is the largest capacity that clinux_queue_wait accepts.
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

    /// Watches a source until its descriptor is closed.
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

/// A queue can be watched by another queue: it has news when one of its descriptors has, or after ``wake()``.
extension EventQueue: EventSource {
    public var descriptorNumber: CInt { queue.rawValue }
}

extension Duration {
    /// Milliseconds for system calls, rounded up, so that a deadline is never early; 0 for a negative duration.
    var milliseconds: CInt {
        // Not `seconds < 0`: between −1 s and 0 only the attoseconds are negative.
        if self < .zero { return 0 }
        let (seconds, attoseconds) = components
        // More milliseconds would overflow a CInt.
        if seconds >= 2_000_000 { return 2_000_000_000 }
        return CInt(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension Duration? {
    /// Nanoseconds for system calls, rounded up; a negative number means no limit.
    fileprivate var nanoseconds: Int64 {
        guard let self else { return -1 }
        // Not `seconds < 0`: between −1 s and 0 only the attoseconds are negative.
        if self < .zero { return 0 }
        let (seconds, attoseconds) = self.components
        // The limit of 136 years excludes an overflow.
        return min(seconds, 1 << 32) * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
    }

    /// Milliseconds for system calls, as for a `Duration`; −1 means no limit.
    var milliseconds: CInt { self?.milliseconds ?? -1 }
}
