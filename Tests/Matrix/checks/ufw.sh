#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The release's ufw: enabled, reloaded, its rules changed, disabled.
. "$(dirname "$0")/../host.sh"

wire
# Teredo is about IPv4, and ufw without IPv6 needs no module for it.
sed -i 's/^IPV6=.*/IPV6=no/' /etc/default/ufw
ufw --force enable >/dev/null
ufw default deny outgoing >/dev/null
# A host that lets nothing out at all has a kill switch, which is left alone.
ufw allow out 443/tcp >/dev/null
client
closed
install_teredowall
open
ufw reload >/dev/null
open
ufw allow 22/tcp >/dev/null
open
ufw deny "$port"/udp >/dev/null
await 3 "an explicit deny to win" eval '! passes "$port"'
ufw delete deny "$port"/udp >/dev/null
open
ufw --force disable >/dev/null
await 3 "everything to pass without a firewall" passes $((port + 1))
ufw --force enable >/dev/null
open
systemctl stop teredowalld
closed
[[ $(iptables-save) != *eredo* ]] || fail "something is left"
