// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Something with a descriptor that becomes readable when there is news.
public protocol EventSource: AnyObject, Sendable {
    /// The descriptor to poll, valid as long as the source lives.
    var descriptorNumber: CInt { get }
}

/// Waits until one of the sources has news or the deadline has passed, and answers which have: one flag each.
public func waitForNews(
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

/// A source that is set off by hand.
public protocol WakeSource: EventSource {
    /// Makes the source have news. Several calls may become one.
    func signal()

    /// Forgets the news.
    func drain()
}

/// Wakes a thread that waits.
public final class WakeUp: WakeSource {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkStatus("make an event counter") { unsafe clinux_counter_open(&number) }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Makes the source have news. Several calls may become one.
    public func signal() {
        // Fails only when the counter is full, and then the news is there already.
        var one: UInt64 = 1
        _ = unsafe write(descriptor.rawValue, &one, 8)
    }

    /// Forgets the news.
    public func drain() {
        var value: UInt64 = 0
        _ = unsafe read(descriptor.rawValue, &value, 8)
    }
}
