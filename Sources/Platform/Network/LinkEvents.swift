// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Events of the network interfaces in the namespace of the thread that created this object. Needs no
/// privileges.
public final class LinkEvents: EventSource {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for network interfaces") {
            unsafe clinux_link_events_open(&number)
        }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// The events since the last call, without waiting.
    public func drain() -> [LinkEvent] {
        var events: [LinkEvent] = []
        var bytes = [UInt8](repeating: 0, count: 16384)
        var length = 0
        while true {
            let status = unsafe clinux_events_receive(descriptor.rawValue, &bytes, bytes.count, &length)
            switch status {
            case 0: append(bytes, length, to: &events)
            case -ENOBUFS, -EMSGSIZE: events.append(.lost)
            default: return events
            }
        }
    }

    private func append(_ bytes: [UInt8], _ length: Int, to events: inout [LinkEvent]) {
        var offset = 0
        var link = clinux_link_event()
        while true {
            let status = unsafe clinux_link_event_parse(bytes, length, &offset, &link)
            guard status > 0 else {
                if status < 0 { events.append(.lost) }
                return
            }
            events.append(
                link.is_gone != 0
                    ? .gone(index: link.index)
                    : .present(index: link.index, isTunnelDevice: link.is_tun != 0))
        }
    }
}
