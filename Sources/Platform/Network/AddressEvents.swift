// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Signals changes of addresses and interfaces, without details: read ``AddressTable`` after each. Needs no
/// privileges.
public final class AddressEvents: EventSource {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for changes of addresses") {
            unsafe clinux_address_events_open(&number)
        }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Calls `body` on an executor's thread from now on, after each change.
    public func watch(
        on executor: ThreadExecutor, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        // The closure retains this object, and with it the descriptor.
        try executor.watch(descriptor) { [self] in
            drain()
            body()
        }
    }

    /// Discards the events, so that the source waits for new ones.
    public func drain() { discardDatagrams(of: descriptor.rawValue) }
}
