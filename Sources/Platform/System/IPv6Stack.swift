// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The kernel's IPv6.
public enum IPv6Stack {
    /// False when the host has no IPv6 stack. `disable_ipv6=1` alone leaves the stack there.
    public static var isAvailable: Bool {
        get throws(SystemError) {
            do throws(SystemError) {
                let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
                _ = Descriptor(owning: try check("make an IPv6 socket") { socket(AF_INET6, type, 0) })
                return true
            } catch  where [EAFNOSUPPORT, EPERM, EACCES].contains(error.code) {
                // A sandbox may refuse such sockets to the caller on a host that has them.
                return Files.exists("/proc/sys/net/ipv6") || Files.exists("/proc/net/if_inet6")
            }
        }
    }
}
