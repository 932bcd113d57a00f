// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// News of UDP sockets with chosen ports that went away, in the network namespace of the thread that made this.
///
/// An event says "look again", no more: it has no identity of the socket. Any user may listen.
public final class SocketDestroyEvents: EventSource {
    private let descriptor: Descriptor

    /// Listens, but to no port yet.
    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for ends of sockets") {
            unsafe clinux_destroy_events_open(&number)
        }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// From now on, news of sockets with these ports, and of no others: the kernel filters.
    /// Look after this call: what went away before it is not told.
    public func listen(toPorts ports: [UInt16]) throws(SystemError) {
        try checkStatus("filter ends of sockets") {
            unsafe clinux_destroy_events_filter(descriptor.rawValue, ports, ports.count)
        }
    }

    /// Forgets the news, lost ones included, and says whether there was any.
    @discardableResult
    public func drain() -> Bool { discardDatagrams(of: descriptor.rawValue) }
}

/// Reads a multicast socket empty, and says whether it was not. That events were lost, or are long, makes no difference to who looks anyway.
@discardableResult
func discardDatagrams(of descriptor: CInt) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 1024)
    var length = 0
    var hadNews = false
    while true {
        let status = unsafe clinux_events_receive(descriptor, &bytes, bytes.count, &length)
        guard status == 0 || status == -ENOBUFS || status == -EMSGSIZE else { return hadNews }
        hadNews = true
    }
}
