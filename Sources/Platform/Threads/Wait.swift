// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// An object with a descriptor that is readable while the source has news: events that have not been read.
public protocol EventSource: AnyObject, Sendable {
    /// The descriptor to poll, valid as long as the source.
    var descriptorNumber: CInt { get }
}

/// Blocks until one of at most 64 sources has news or the deadline has passed (nil: no limit). Returns a flag for each
/// source: true if it has news. Throws EINVAL for more sources, ENOMEM when memory is short.
public func waitForEvents(
    from sources: [any EventSource], until deadline: ContinuousClock.Instant?
) throws(SystemError) -> [Bool] {
    let descriptors = sources.map(\.descriptorNumber)
    var ready = [UInt8](repeating: 0, count: sources.count)
    while true {
        let status = unsafe clinux_wait(descriptors, &ready, sources.count, nanoseconds(until: deadline))
        if status == 0 { return ready.map { $0 != 0 } }
        guard status == -EINTR else { throw SystemError("wait for events", code: -status) }
    }
}

private func nanoseconds(until deadline: ContinuousClock.Instant?) -> Int64 {
    guard let deadline else { return -1 }
    let left = max(.zero, deadline - .now).components
    return left.seconds * 1_000_000_000 + left.attoseconds / 1_000_000_000
}

/// A source that the program itself can give news, to wake a waiting thread.
public protocol WakeSource: EventSource {
    /// Gives the source news. Several calls may count as one.
    func signal()

    /// Discards the news.
    func drain()
}

/// Wakes a waiting thread.
public final class WakeUp: WakeSource {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkStatus("make an event counter") { unsafe clinux_counter_open(&number) }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Gives the source news. Several calls may count as one.
    public func signal() {
        // Repeat the call after a signal. Any other failure means that the counter is full: the source has
        // news.
        var one: UInt64 = 1
        repeat {} while unsafe write(descriptor.rawValue, &one, 8) < 0 && errno == EINTR
    }

    /// Discards the news.
    public func drain() {
        var value: UInt64 = 0
        _ = unsafe read(descriptor.rawValue, &value, 8)
    }
}
