#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A copy of the rules that was saved by the tools of the release and is restored later, also in another time zone, opens
# nothing after the end of the lease.
. "$(dirname "$0")/../host.sh"

make_network
nft -f "$matrix/../../rules/hosts/strict.nft"
start_client
install_teredowall
printf '[firewall]\nlease = "3s"\n' >/etc/teredowall/teredowall.toml
systemctl restart teredowalld
expect_open
nft list ruleset >/run/copy.nft
systemctl stop teredowalld
for zone in UTC Asia/Tokyo America/Los_Angeles; do
    nft flush ruleset
    TZ=$zone nft -f /run/copy.nft || fail "nft does not load its copy ($zone)"
    await 6 "the copy to close ($zone)" eval '! passes "$port"'
done

# A copy as JSON, in which the comments are missing. First it is restored while the daemon runs, which must put the
# comments back and remove everything when it ends; then it is restored without the daemon.
nft -f "$matrix/../../rules/hosts/strict.nft"
systemctl start teredowalld
expect_open
# In front a flush of the ruleset, so that the copy replaces the rules.
nft -j list ruleset | sed 's/{"nftables": \[/&{"flush": {"ruleset": null}}, /' >/run/copy.json
nft -j -f /run/copy.json || fail "nft does not load its copy in JSON"
expect_open
systemctl stop teredowalld
[[ $(nft list ruleset) != *teredowall* ]] || fail "something of a copy in JSON is left"
for zone in UTC Asia/Tokyo America/Los_Angeles; do
    TZ=$zone nft -j -f /run/copy.json || fail "nft does not load its copy in JSON ($zone)"
    await 6 "the copy in JSON to close ($zone)" eval '! passes "$port"'
    teredowall cleanup >/run/cleanup.log
    [[ $(nft list ruleset) != *teredowall* ]] || fail "cleanup left something of a copy in JSON ($zone)"
done
nft flush ruleset

[[ $(iptables --version) == *nf_tables* ]] || exit 0
iptables -A INPUT -i lo -j ACCEPT
iptables -P INPUT DROP
systemctl start teredowalld
expect_open
iptables-save >/run/copy.ipt
systemctl stop teredowalld
for zone in UTC Asia/Tokyo America/Los_Angeles; do
    TZ=$zone iptables-restore /run/copy.ipt || fail "iptables-restore does not load its copy ($zone)"
    await 6 "the copy to close ($zone)" eval '! passes "$port"'
done
