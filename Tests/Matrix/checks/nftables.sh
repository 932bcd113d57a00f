#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The nftables service of the release: reloads, and a flush.
. "$(dirname "$0")/../host.sh"

make_network
{ echo 'flush ruleset'; cat "$matrix/../../rules/hosts/strict.nft"; } >/etc/nftables.conf
systemctl start nftables
before=$(rules)
start_client
expect_closed
install_teredowall
expect_open
systemctl reload nftables
expect_open
nft -f /etc/nftables.conf
expect_open
systemctl restart nftables
expect_open
nft flush ruleset
nft -f /etc/nftables.conf
expect_open
systemctl stop teredowalld
expect_rules "$before" "stop"
expect_closed
