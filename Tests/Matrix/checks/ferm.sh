#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host with ferm: its rules loaded, and loaded again while the daemon runs.
. "$(dirname "$0")/../host.sh"

command -v ferm >/dev/null || skip_check "there is no ferm"
make_network
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
[[ $(nft list ruleset 2>/dev/null) == *hook\ input* ]] || skip_check "ferm uses iptables-legacy"
start_client
expect_closed
install_teredowall
expect_open
ferm --domain ip /etc/ferm/ferm.conf
expect_open
systemctl stop teredowalld
expect_closed
