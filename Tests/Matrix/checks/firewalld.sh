#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# firewalld of the release: reload and restart.
. "$(dirname "$0")/../host.sh"

make_network
systemctl start dbus
systemctl start firewalld
await 30 "firewalld to run" eval 'firewall-cmd --state >/dev/null 2>&1'
start_client
expect_closed
before=$(firewall-cmd --list-all-zones)
install_teredowall
expect_open_within 10
firewall-cmd --reload >/dev/null
firewall-cmd --state >/dev/null || fail "firewalld did not survive its reload"
expect_open_within 10
firewall-cmd --complete-reload >/dev/null
expect_open_within 10
systemctl restart firewalld
# systemctl returns before firewalld's rules are in force.
await 10 "firewalld's rules" eval '! passes $((port + 1))'
expect_open_within 20
systemctl stop teredowalld
await 5 "the rules to be gone" eval '[[ $(firewall-cmd --list-all-zones) == "$before" ]]'
expect_closed
