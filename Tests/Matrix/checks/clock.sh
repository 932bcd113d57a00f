#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sets the wall clock forward and back, with a native table and one of iptables: the exception stays in force, and ends
# with the service.
. "$(dirname "$0")/../host.sh"

# A container shares the clock of its host, which must not be changed.
[[ $(systemd-detect-virt --container) == none ]] || skip_check "a container has the clock of its host"
make_network
start_client
install_teredowall
for firewall in native iptables; do
    load_strict_firewall "$firewall"
    systemctl start teredowalld
    expect_open
    for step in '+1 hour' '-2 hours' '+1 day'; do
        date --set "$(date -d "$step" '+%F %T')" >/dev/null
        expect_open_within 2
    done
    systemctl stop teredowalld
    expect_closed
done
