// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The address of a Unix socket.
struct SocketAddress {
    private var address = sockaddr_un()
    private let length: socklen_t

    /// A leading @ denotes an abstract name. Throws ENAMETOOLONG when the path is too long for an address or
    /// contains a NUL.
    init(_ path: String) throws(SystemError) {
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity, !bytes.contains(0) else {
            throw SystemError("use \(path) as a socket", code: ENAMETOOLONG)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        if path.hasPrefix("@") {
            // An abstract name has no NUL at its end: the length of the address includes only the name.
            address.sun_path.0 = 0
            length = socklen_t(MemoryLayout<sockaddr_un>.size - capacity + bytes.count)
        } else {
            length = socklen_t(MemoryLayout<sockaddr_un>.size)
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, length)
            }
        }
    }
}

/// Makes a Unix stream socket, non-blocking and close-on-exec.
func makeStreamSocket() throws(SystemError) -> Descriptor {
    let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    return Descriptor(owning: try check("open a Unix socket") { socket(AF_UNIX, kind, 0) })
}
