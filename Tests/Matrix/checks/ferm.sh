#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host with ferm: its rules loaded, and loaded again while the daemon runs.
. "$(dirname "$0")/../host.sh"

command -v ferm >/dev/null || not_here "there is no ferm"
wire
mkdir -p /etc/ferm
cat >/etc/ferm/ferm.conf <<'END'
table filter {
    chain INPUT {
        policy DROP;
        mod state state INVALID DROP;
        mod state state (ESTABLISHED RELATED) ACCEPT;
        interface lo ACCEPT;
        proto tcp dport ssh ACCEPT;
    }
    chain OUTPUT policy ACCEPT;
    chain FORWARD policy DROP;
}
END
# ferm would use iptables-legacy if it were installed.
rm -f /usr/sbin/{iptables,ip6tables}-legacy*
ferm --domain ip /etc/ferm/ferm.conf
[[ $(nft list ruleset 2>/dev/null) == *hook\ input* ]] || not_here "ferm uses iptables-legacy"
client
closed
install_teredowall
open
ferm --domain ip /etc/ferm/ferm.conf
open
systemctl stop teredowalld
closed
