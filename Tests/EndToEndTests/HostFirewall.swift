// SPDX-License-Identifier: GPL-2.0-or-later

/// Firewalls that deny by default, as an administrator writes them. They accept the inner IPv6 packets that
/// the tests send, because teredowall's exceptions are for the outer packets only.
enum HostFirewall {
    /// Drops unsolicited incoming packets; does not filter outgoing ones.
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

    /// Drops incoming and outgoing packets by default.
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
