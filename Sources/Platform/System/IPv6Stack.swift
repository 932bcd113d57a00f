// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The kernel's IPv6 stack.
public enum IPv6Stack {
    /// False when the host has no IPv6 stack. With the sysctl `disable_ipv6=1` the stack is still there.
    public static var isAvailable: Bool {
        get throws(SystemError) {
            do throws(SystemError) {
                let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
                _ = Descriptor(owning: try check("make an IPv6 socket") { socket(AF_INET6, type, 0) })
                return true
            } catch  where [EAFNOSUPPORT, EPERM, EACCES].contains(error.code) {
                // A sandbox may refuse IPv6 sockets to this process although the host has IPv6.
                return Files.exists("/proc/sys/net/ipv6") || Files.exists("/proc/net/if_inet6")
            }
        }
    }
}
