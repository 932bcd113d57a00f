#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# iptables of the release: its tables changed and reloaded while the daemon runs, and scripts that remove everything.
. "$(dirname "$0")/../host.sh"

wire
[[ $(iptables --version) == *nf_tables* ]] || not_here "iptables is not iptables-nft"
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
closed
install_teredowall
open
iptables-save >/run/saved
iptables-restore /run/saved
open
iptables -A INPUT -p tcp --dport 80 -j ACCEPT
iptables -D INPUT -p tcp --dport 80 -j ACCEPT
open
iptables -F
iptables -X
firewall
open
systemctl stop teredowalld
diff <(echo "$before") <(iptables-save | sed 's/\[[0-9:]*\]//; /^#/d') || fail "iptables-save is not what it was"
closed
