#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# firewalld of the release: reload and restart.
. "$(dirname "$0")/../host.sh"

wire
systemctl start dbus
systemctl start firewalld
await 30 "firewalld" firewall-cmd --state >/dev/null 2>&1
client
closed
before=$(firewall-cmd --list-all-zones)
install_teredowall
open_within 10
firewall-cmd --reload >/dev/null
firewall-cmd --state >/dev/null || fail "firewalld did not survive its reload"
open_within 10
firewall-cmd --complete-reload >/dev/null
open_within 10
systemctl restart firewalld
# systemctl returns before firewalld's rules are in force.
await 10 "firewalld's rules" eval '! passes $((port + 1))'
open_within 20
systemctl stop teredowalld
await 5 "the rules to be gone" eval '[[ $(firewall-cmd --list-all-zones) == "$before" ]]'
closed
