#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# iptables of the release: its tables changed and reloaded while the daemon runs, and scripts that remove everything.
. "$(dirname "$0")/../host.sh"

make_network
[[ $(iptables --version) == *nf_tables* ]] || skip_check "iptables is not iptables-nft"
firewall() {
    iptables -A INPUT -i lo -j ACCEPT
    iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    iptables -P INPUT DROP
    iptables -A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    iptables -A OUTPUT -p tcp -j ACCEPT
    iptables -P OUTPUT DROP
}
firewall
before=$(iptables-save | sed 's/\[[0-9:]*\]//; /^#/d')
client
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
firewall
expect_open
systemctl stop teredowalld
diff <(echo "$before") <(iptables-save | sed 's/\[[0-9:]*\]//; /^#/d') || fail "iptables-save is not what it was"
expect_closed
