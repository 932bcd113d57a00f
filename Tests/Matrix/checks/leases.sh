#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The exception of a daemon that was killed and is not started again ends with the lease, in a native table and in one of
# iptables.
. "$(dirname "$0")/../host.sh"

lease=20
prepare_leased_host $lease
for firewall in native iptables; do
    load_strict_firewall "$firewall"
    systemctl start teredowalld
    expect_open
    kill_for_good
    # The daemon renewed the lease after a third of it, so at least two thirds were left when it was killed.
    passes "$port" || fail "$firewall: closed long before the end of the lease"
    sleep $((lease + 1))
    expect_closed
done
systemctl start teredowalld
expect_open
