#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The release's iptables-nft: while the daemon runs, its rules are changed, restored from a saved copy, and removed and
# loaded again by the administrator's script.
. "$(dirname "$0")/../host.sh"

make_network
[[ $(iptables --version) == *nf_tables* ]] || skip_check "iptables is not iptables-nft"
# saved: prints the rules without packet counters and comments, which differ each time.
saved() { iptables-save | sed 's/\[[0-9:]*\]//; /^#/d'; }
# load_firewall: what the administrator's script does.
load_firewall() {
    iptables -A INPUT -i lo -j ACCEPT
    iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    iptables -P INPUT DROP
    iptables -A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    iptables -A OUTPUT -p tcp -j ACCEPT
    iptables -P OUTPUT DROP
}
load_firewall
before=$(saved)
start_client
expect_closed
install_teredowall
expect_open
iptables-save >/run/saved
iptables-restore /run/saved
expect_open
iptables -A INPUT -p tcp --dport 80 -j ACCEPT
iptables -D INPUT -p tcp --dport 80 -j ACCEPT
expect_open
iptables -F
iptables -X
load_firewall
expect_open
systemctl stop teredowalld
diff <(echo "$before") <(saved) || fail "iptables-save is not what it was"
expect_closed
