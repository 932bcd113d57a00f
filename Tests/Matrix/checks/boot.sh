#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The order at boot: systemd starts each firewall and the daemon at the same time. When the daemon reports that it is
# ready, the exception must already be in force; the client must be ordered after the daemon.
. "$(dirname "$0")/../host.sh"

make_network
# Teredo uses IPv4 only, and without IPv6 ufw needs no kernel module for it.
sed -i -e 's/^IPV6=.*/IPV6=no/' -e 's/^DEFAULT_INPUT_POLICY=.*/DEFAULT_INPUT_POLICY="DROP"/' /etc/default/ufw
sed -i 's/^ENABLED=.*/ENABLED=yes/' /etc/ufw/ufw.conf
{ echo 'flush ruleset'; cat "$matrix/../../rules/hosts/strict.nft"; } >/etc/nftables.conf
start_client
install_teredowall
property() { systemctl show -P "$1" "$2"; }
for firewall in nftables ufw firewalld; do
    systemctl stop teredowalld
    systemctl --quiet enable "$firewall" 2>/dev/null
    systemctl start "$firewall" teredowalld
    # Without waiting: the client may send its first packet as soon as the service is ready.
    passes "$port" || fail "$firewall: not open when the service reports that it is ready"
    ! passes $((port + 1)) || fail "$firewall: the firewall is not in force"
    (($(property ActiveEnterTimestampMonotonic "$firewall") <= $(property ActiveEnterTimestampMonotonic teredowalld))) ||
        fail "$firewall: teredowalld was ready before the firewall"
    [[ $(property After miredo) == *teredowalld.service* ]] || fail "the client is not ordered after teredowalld"
    systemctl --quiet disable "$firewall" 2>/dev/null
    systemctl stop teredowalld
    systemctl stop "$firewall"
    nft flush ruleset
done
