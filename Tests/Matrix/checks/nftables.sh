#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The nftables service of the release: reloads, and a flush.
. "$(dirname "$0")/../host.sh"

wire
{ echo 'flush ruleset'; cat "$matrix/../../rules/hosts/strict.nft"; } >/etc/nftables.conf
systemctl start nftables
before=$(rules)
client
closed
install_teredowall
open
systemctl reload nftables
open
nft -f /etc/nftables.conf
open
systemctl restart nftables
open
nft flush ruleset
nft -f /etc/nftables.conf
open
systemctl stop teredowalld
expect_rules "$before" "stop"
closed
