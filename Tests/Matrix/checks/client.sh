#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The release's Teredo client behind a strict firewall, through restarts, a kill and a stop.
. "$(dirname "$0")/../host.sh"

make_network
nft -f "$matrix/../../rules/hosts/strict.nft"
before=$(rules)
install_teredowall
systemctl is-active --quiet teredowalld || fail "teredowalld is not active after installation"
qualified() { [[ $(ip -6 -o address show scope global) == *" teredo "*" 2001:0:"* ]]; }
followed() { port=$(teredowall port 2>/dev/null) && [[ $(nft list table inet filter) == *"$port"* ]]; }
systemctl start miredo
await 15 "the client to qualify" qualified
await 3 "the port to be open" followed
first=$port
await 5 "teredowall check to pass" eval 'teredowall check >/run/check.log 2>&1 || { cat /run/check.log; false; }'
systemctl restart miredo
await 15 "the client to qualify again" qualified
await 3 "the new port to be open" eval 'followed && [[ $port != $first ]]'
[[ $(nft list table inet filter) != *"$first"* ]] || fail "the old port is still open"
systemctl kill --signal KILL miredo
await 20 "the port of the killed client to be closed" eval '[[ $(nft list table inet filter) != *"$port"* ]]'
systemctl stop miredo
await 5 "teredowall port to find no port" eval '! teredowall port >/dev/null 2>&1'
systemctl stop teredowalld
expect_rules "$before" "stop"
