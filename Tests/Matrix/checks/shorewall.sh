#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host with shorewall: started, and reloaded while the daemon runs.
. "$(dirname "$0")/../host.sh"

command -v shorewall >/dev/null || skip_check "there is no shorewall"
make_network
printf 'fw firewall\nnet ipv4\n' >/etc/shorewall/zones
printf '?FORMAT 2\nnet eth0 routefilter=0\n' >/etc/shorewall/interfaces
printf 'fw net ACCEPT\nnet all DROP\nall all REJECT\n' >/etc/shorewall/policy
: >/etc/shorewall/rules
sed -i 's/^LOAD_HELPERS_ONLY=.*/LOAD_HELPERS_ONLY=Yes/' /etc/shorewall/shorewall.conf
shorewall -q start >/run/shorewall.log 2>&1 || { cat /run/shorewall.log; fail "shorewall does not start"; }
[[ $(nft list ruleset 2>/dev/null) == *net-fw* ]] || skip_check "shorewall uses iptables-legacy"
start_client
expect_closed
install_teredowall
expect_open
shorewall -q reload >/run/shorewall.log 2>&1 || { cat /run/shorewall.log; fail "shorewall does not reload"; }
expect_open
systemctl stop teredowalld
expect_closed
