// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The unicast addresses of the network namespace of the thread that created this object. Needs no
/// privileges. Any thread.
public final class AddressTable: Sendable {
    private let connection: Monitor<Connection>

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for addresses") { unsafe clinux_route_open(&number) }
        connection = Monitor(Connection(descriptor: Descriptor(owning: number)))
    }

    /// All addresses at present.
    ///
    /// - Throws: ``SystemError``: EINTR when addresses or interfaces do not cease to change during the reading.
    public func addresses() throws(SystemError) -> [InterfaceAddress] { try linksAndAddresses().addresses }

    /// All interfaces and addresses at present.
    func linksAndAddresses() throws(SystemError) -> (links: [NetworkLink], addresses: [InterfaceAddress]) {
        try connection.withLock { (connection) throws(SystemError) in
            var attempts = 0
            while true {
                do throws(SystemError) {
                    return try connection.list()
                } catch  where error.code == EINTR && attempts < 20 {
                    // A list changed while it was read: read both again, but give up if the changes do not cease.
                    attempts += 1
                }
            }
        }
    }

    private struct Connection: ~Copyable, Sendable {
        let descriptor: Descriptor
        var sequence: UInt32 = 0

        mutating func list() throws(SystemError) -> (links: [NetworkLink], addresses: [InterfaceAddress]) {
            var links: UnsafeMutablePointer<clinux_link>?
            var linkCount = 0
            sequence &+= 1
            let linkSequence = sequence
            try checkStatus("list the network interfaces") {
                unsafe clinux_links_dump(descriptor.rawValue, linkSequence, &links, &linkCount)
            }
            defer { unsafe free(links) }
            var addresses: UnsafeMutablePointer<clinux_address>?
            var count = 0
            sequence &+= 1
            let addressSequence = sequence
            try checkStatus("list the addresses") {
                unsafe clinux_addresses_dump(descriptor.rawValue, addressSequence, &addresses, &count)
            }
            defer { unsafe free(addresses) }
            let pairs = unsafe UnsafeBufferPointer(start: links, count: linkCount).map {
                (UInt32(bitPattern: $0.index), $0)
            }
            // The kernel lists each index once.
            let byIndex = Dictionary(pairs) { _, last in last }
            let bootTime = Self.bootTime
            let found = unsafe UnsafeBufferPointer(start: addresses, count: count).map {
                InterfaceAddress($0, links: byIndex, bootTime: bootTime)
            }
            return (pairs.map { NetworkLink($0.1) }, found)
        }

        /// The time of boot, since 1970. The kernel counts the times of addresses from boot.
        private static var bootTime: Duration {
            var (now, sinceBoot) = (timespec(), timespec())
            unsafe clock_gettime(CLOCK_REALTIME, &now)
            unsafe clock_gettime(CLOCK_MONOTONIC, &sinceBoot)
            return .seconds(now.tv_sec - sinceBoot.tv_sec) + .nanoseconds(now.tv_nsec - sinceBoot.tv_nsec)
        }
    }
}
