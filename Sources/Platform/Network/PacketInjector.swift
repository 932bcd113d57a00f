// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Sends and injects test packets, in the network namespace of the calling thread.
public enum PacketInjector {
    /// Injects an Ethernet frame into the kernel as if it had arrived on the interface.
    ///
    /// Needs CAP_NET_ADMIN, CAP_BPF and Linux 5.18.
    public static func inject(frame: [UInt8], on interface: NetworkInterface) throws(SystemError) {
        try checkStatus("inject a packet on \(interface.name)") {
            unsafe clinux_inject_frame(interface.index, frame, frame.count)
        }
    }

    /// Sends an IPv4 packet, which includes its header, from a socket of this user (nil: the calling thread's
    /// user). Throws EPERM when a filter at output drops the packet.
    ///
    /// Needs CAP_NET_RAW, and CAP_SETUID for another user.
    public static func send(
        packet: [UInt8], as user: UInt32?
    ) throws(SystemError) {
        // The changed user stays that of the thread until the thread ends, so use a separate thread.
        try onNewThread { () throws(SystemError) in
            if let user {
                try checkStatus("act as user \(user)") { clinux_become_filesystem_user(user) }
            }
            try checkStatus("send a packet") {
                unsafe clinux_send_packet(packet, packet.count)
            }
        }
    }
}
