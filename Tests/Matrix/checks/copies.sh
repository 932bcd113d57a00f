#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules saved and restored by the tools of the release, in other time zones too, do not keep anything open for long.
. "$(dirname "$0")/../host.sh"

wire
nft -f "$matrix/../../rules/hosts/strict.nft"
client
install_teredowall
printf '[firewall]\nlease = "3s"\n' >/etc/teredowall/teredowall.toml
systemctl restart teredowalld
open
nft list ruleset >/run/copy.nft
systemctl stop teredowalld
for zone in UTC Asia/Tokyo America/Los_Angeles; do
    nft flush ruleset
    TZ=$zone nft -f /run/copy.nft || fail "nft does not load its copy ($zone)"
    await 6 "the copy to close ($zone)" eval '! passes "$port"'
done
nft flush ruleset

[[ $(iptables --version) == *nf_tables* ]] || exit 0
iptables -A INPUT -i lo -j ACCEPT
iptables -P INPUT DROP
systemctl start teredowalld
open
iptables-save >/run/copy.ipt
systemctl stop teredowalld
for zone in UTC Asia/Tokyo America/Los_Angeles; do
    TZ=$zone iptables-restore /run/copy.ipt || fail "iptables-restore does not load its copy ($zone)"
    await 6 "the copy to close ($zone)" eval '! passes "$port"'
done
