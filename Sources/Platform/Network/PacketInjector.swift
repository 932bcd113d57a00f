// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Packets made by hand, to see what the host does with them: all in the network namespace of the calling thread.
public enum PacketInjector {
    /// Makes the kernel receive an Ethernet frame as if it had come in on the interface.
    ///
    /// Needs CAP_NET_ADMIN, CAP_BPF and Linux 5.18.
    public static func receive(frame: [UInt8], on interface: NetworkInterface) throws(SystemError) {
        try checkStatus("inject a packet on \(interface.name)") {
            unsafe clinux_receive_frame(interface.index, frame, frame.count)
        }
    }

    /// Sends an IPv4 packet, header included, from a socket of this user (nil: of the calling thread's).
    /// A drop by a filter at output is EPERM.
    ///
    /// Needs CAP_NET_RAW, and CAP_SETUID for another user.
    public static func send(
        packet: [UInt8], as user: UInt32?
    ) throws(SystemError) {
        // The user is the thread's until it ends.
        try onThread { () throws(SystemError) in
            if let user {
                try checkStatus("act as user \(user)") { clinux_become_filesystem_user(user) }
            }
            try checkStatus("send a packet") {
                unsafe clinux_send_packet(packet, packet.count)
            }
        }
    }
}
