// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Signals that a UDP socket with one of the chosen ports was closed, in the network namespace of the thread
/// that created this object.
///
/// An event does not identify the socket: look up the sockets in ``SocketTable``. Needs no privileges.
public final class SocketDestroyEvents: EventSource {
    private let descriptor: Descriptor

    /// Opens the source, which reports nothing until ports are set.
    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for closed sockets") {
            unsafe clinux_destroy_events_open(&number)
        }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Limits the events to sockets with these ports (host byte order), from now on; the kernel filters. With more
    /// than 64 ports, the ends of all UDP sockets are reported. Look up the sockets after this call, as earlier events
    /// are not reported.
    public func listen(toPorts ports: [UInt16]) throws(SystemError) {
        try checkStatus("filter the events of closed sockets") {
            unsafe clinux_destroy_events_filter(descriptor.rawValue, ports, ports.count)
        }
    }

    /// Discards the events. Returns true if there were any.
    @discardableResult
    public func drain() -> Bool { discardDatagrams(of: descriptor.rawValue) }
}

/// Reads a multicast socket until it is empty. Returns true if it had events; lost and truncated events count
/// too.
@discardableResult
func discardDatagrams(of descriptor: CInt) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 1024)
    var length = 0
    var hadEvents = false
    while true {
        let status = unsafe clinux_events_receive(descriptor, &bytes, bytes.count, &length)
        guard status == 0 || status == -ENOBUFS || status == -EMSGSIZE else { return hadEvents }
        hadEvents = true
    }
}
