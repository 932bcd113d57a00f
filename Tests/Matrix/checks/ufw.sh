#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ufw of the release: enabled, reloaded, with changed rules, disabled.
. "$(dirname "$0")/../host.sh"

make_network
# Teredo uses IPv4 only, and without IPv6 ufw needs no kernel module for it.
sed -i 's/^IPV6=.*/IPV6=no/' /etc/default/ufw
ufw --force enable >/dev/null
ufw default deny outgoing >/dev/null
# An allowed service, because a host that denies all output is classified as one with a kill switch and left alone.
ufw allow out 443/tcp >/dev/null
start_client
expect_closed
install_teredowall
expect_open
ufw reload >/dev/null
expect_open
ufw allow 22/tcp >/dev/null
expect_open
ufw deny "$port"/udp >/dev/null
await 3 "an explicit deny to take precedence" eval '! passes "$port"'
ufw delete deny "$port"/udp >/dev/null
expect_open
ufw --force disable >/dev/null
await 3 "everything to pass without a firewall" passes $((port + 1))
ufw --force enable >/dev/null
expect_open
systemctl stop teredowalld
expect_closed
[[ $(iptables-save) != *eredo* ]] || fail "iptables still has something of teredowall"
