#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The service: installed, reloaded (also with an invalid configuration), restarted, killed, stopped, run as a second
# instance in another network namespace, purged.
. "$(dirname "$0")/../host.sh"

listing() {
    find /etc /usr /var -xdev ! -path '/var/log/*' ! -path '/var/cache/*' ! -path '/var/lib/dpkg/*' \
        ! -path '/var/lib/systemd/*' ! -name '__pycache__' ! -name '*.pyc' | sort
}
make_network
nft -f "$matrix/../../rules/hosts/strict.nft"
before=$(rules) files=$(listing)
start_client
install_teredowall
systemctl is-active --quiet teredowalld || fail "not active after installation"
[[ $(systemctl is-enabled teredowalld) == enabled ]] || fail "not enabled after installation"
expect_open
[[ $(teredowall status) == *"$port"* ]] || fail "status does not name the port"
[[ $(teredowall port) == "$port" ]] || fail "teredowall port does not print $port"
teredowall check >/run/check.log || { cat /run/check.log; fail "check says that Teredo would not pass"; }
systemctl reload teredowalld
expect_open

echo 'lease = 3' >/etc/teredowall/teredowall.toml
! systemctl reload teredowalld 2>/run/reload.log || fail "reloading a bad configuration succeeds"
systemctl is-active --quiet teredowalld || fail "a bad configuration ended the daemon"
expect_open
printf '[firewall]\nlease = "1m"\n' >/etc/teredowall/teredowall.toml
systemctl reload teredowalld
await 5 "the new lease" eval '[[ $(teredowall status) == *"1 min"* ]]'

systemctl restart teredowalld
expect_open
systemctl kill --signal KILL --kill-who main teredowalld
await 15 "a daemon after kill -9" eval '[[ $(systemctl show -P NRestarts teredowalld) == 1 ]] && systemctl is-active --quiet teredowalld'
expect_open
systemctl stop teredowalld
expect_rules "$before" "stop"
expect_closed

ip netns add blue
systemctl start teredowalld@blue
ip netns exec blue teredowall --runtime-directory /run/teredowall-blue status >/run/blue.log || { cat /run/blue.log; fail "no status of teredowalld@blue"; }
ip netns exec blue nft list table inet teredowall >/run/blue.nft || fail "no table in the namespace"
systemctl stop teredowalld@blue
[[ ! $(ip netns exec blue nft list ruleset) ]] || fail "something is left in the namespace"
systemctl start teredowalld
dpkg --purge teredowall >/run/purge.log 2>&1 || { cat /run/purge.log; fail "the package cannot be purged"; }
expect_rules "$before" "purge"
diff <(echo "$files") <(listing) || fail "purge left files, or removed foreign ones"
