// SPDX-License-Identifier: GPL-2.0-or-later
internal import Glibc

/// The kernel's IPv6.
public enum IPv6Stack {
    /// False when no IPv6 socket can be made. `disable_ipv6=1` alone leaves the stack there.
    public static var isAvailable: Bool {
        get throws(SystemError) {
            do throws(SystemError) {
                let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
                _ = Descriptor(owning: try check("make an IPv6 socket") { socket(AF_INET6, type, 0) })
                return true
            } catch  where error.code == EAFNOSUPPORT {
                return false
            }
        }
    }
}
