// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// An unnamed Unix datagram socket.
struct UnixDatagramSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    init() throws(SystemError) {
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = Descriptor(owning: try check("open a Unix socket") { socket(AF_UNIX, kind, 0) })
    }

    /// Sends one datagram. Throws EMSGSIZE when it is too long, ENOENT or ECONNREFUSED when no process
    /// receives at `path`.
    func send(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let address = try SocketAddress(path)
        try check("send to \(path)") {
            unsafe address.withPointer { address, length in
                unsafe bytes.withUnsafeBytes {
                    unsafe sendto(
                        descriptor.rawValue, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL), address, length)
                }
            }
        }
    }
}
