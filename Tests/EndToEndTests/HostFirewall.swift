// SPDX-License-Identifier: GPL-2.0-or-later

/// Default-deny firewalls as an administrator writes them. They let the inner IPv6 traffic through that the
/// tests send, as teredowall's exceptions are about the outer packets only.
enum HostFirewall {
    /// Drops what comes in unasked; nothing is filtered on the way out.
    static let workstation = """
        table inet filter {
            chain input {
                type filter hook input priority filter; policy drop;
                iif "lo" accept
                ct state established,related accept
                iifname "teredo" icmpv6 type echo-request accept
            }
        }
        """

    /// Drops in both directions.
    static let strict = """
        \(workstation)
        table inet filter {
            chain output {
                type filter hook output priority filter; policy drop;
                oif "lo" accept
                ct state established,related accept
                oifname "teredo" accept
            }
        }
        """
}
