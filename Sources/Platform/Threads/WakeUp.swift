// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

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
