// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A source that has news at a set time, or at once after ``signal()``.
public final class Alarm: WakeSource {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkStatus("make a timer") { unsafe clinux_timer_open(&number) }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Sets the time, replacing an earlier one. With a past time the source has news at once.
    public func set(at time: ContinuousClock.Instant) {
        let left = max(.zero, time - .now).components
        clinux_timer_set(descriptor.rawValue, left.seconds * 1_000_000_000 + left.attoseconds / 1_000_000_000)
    }

    /// Gives the source news at once; the time that was set no longer counts.
    public func signal() { clinux_timer_set(descriptor.rawValue, 0) }

    /// Discards the news; a time that is still to come stays set.
    public func drain() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor.rawValue, &count, 8)
    }
}
