# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions for a host of the matrix. Sourced by each check, which runs as root in a newly booted system without
# teredowall; $1 is a folder with the packages.
#
#   world 6.6.6.1, Teredo server 5.5.5.1, 5.5.5.2 ─── eth0 6.6.6.2, the host

set -euo pipefail
matrix=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages=$1

fail() { echo "FAILED: $*" >&2; exit 1; }
# skip_check REASON: ends the check with status 77, because the release or the container lacks what the check is about.
skip_check() { echo "$*"; exit 77; }

# await SECONDS WHAT COMMAND...: repeats COMMAND until it succeeds; fails after SECONDS, with WHAT in the message.
# MATRIX_SLOWER multiplies the seconds.
await() {
    # One more, because SECONDS counts whole seconds.
    local end=$((SECONDS + $1 * ${MATRIX_SLOWER:-1} + 1)) what=$2
    shift 2
    until "$@"; do
        ((SECONDS <= end)) || fail "gave up waiting for $what"
        sleep 0.05
    done
}

# make_network: makes the network above with its Teredo server, and configures the client.
make_network() {
    ip netns add world
    ip link add eth0 type veth peer name eth0 netns world
    ip address add 6.6.6.2/24 dev eth0
    ip link set eth0 up
    ip -n world link set lo up
    ip -n world address add 5.5.5.1/32 dev lo
    ip -n world address add 5.5.5.2/32 dev lo
    ip -n world address add 6.6.6.1/24 dev eth0
    ip -n world link set eth0 up
    ip route add default via 6.6.6.1
    ip -n world route add 224.0.0.0/4 dev eth0
    printf 'ServerBindAddress 5.5.5.1\nServerBindAddress2 5.5.5.2\n' >/run/server.conf
    ip netns exec world miredo-server -f -c /run/server.conf -p /run/server.pid </dev/null >/run/server.log 2>&1 &
    printf 'InterfaceName teredo\nServerAddress 5.5.5.1\n' >/etc/miredo.conf
    ln -sfn ../miredo.conf /etc/miredo/miredo.conf
}

# install_teredowall: installs the package, which starts the daemon.
install_teredowall() {
    dpkg --install "$packages"/teredowall_*.deb >/run/dpkg.log 2>&1 ||
        { cat /run/dpkg.log; fail "dpkg does not install the package"; }
}

# prepare_leased_host SECONDS: makes the network, starts the client, and installs teredowall with a lease of SECONDS, which
# the daemon reads at its next start.
prepare_leased_host() {
    make_network
    start_client
    install_teredowall
    printf '[firewall]\nlease = "%ss"\n' "$1" >/etc/teredowall/teredowall.toml
}

# load_strict_firewall native|iptables: ends the daemon and replaces the ruleset by a firewall that denies by default.
load_strict_firewall() {
    systemctl stop teredowalld
    nft flush ruleset
    case $1 in
    native) nft -f "$matrix/../../rules/hosts/strict.nft" ;;
    iptables)
        iptables -A INPUT -i lo -j ACCEPT
        iptables -P INPUT DROP
        ;;
    esac
}

# kill_for_good: kills the daemon; systemd neither starts it again nor removes what it leaves.
kill_for_good() {
    local settings=/run/systemd/system/teredowalld.service.d
    mkdir -p "$settings"
    printf '[Service]\nRestart=no\nExecStopPost=\n' >"$settings/restart.conf"
    systemctl daemon-reload
    systemctl kill --signal KILL teredowalld
    await 5 "the end of the daemon" eval '! systemctl is-active --quiet teredowalld'
}

# start_client: starts client.py, which stands for the Teredo client and answers packets: it has a socket of the client's user
# on $port, one on port 3544 for local discovery and, for comparison, one of root on the next port, which nothing opens.
start_client() {
    rm -f /run/client.port
    python3 "$matrix/client.py" </dev/null >/run/client.port 2>/run/client.log &
    echo $! >/run/client.pid
    await 5 "the client's socket" test -s /run/client.port
    port=$(</run/client.port)
}
end_client() { kill "$(</run/client.pid)"; }

# passes PORT [ADDRESS]: whether a packet from another host to the port is answered.
passes() { ip netns exec world python3 "$matrix/stranger.py" "${2:-6.6.6.2}" "$1"; }
# expect_open_within SECONDS: fails unless the exception, and nothing else, is in force within SECONDS.
expect_open_within() {
    await "$1" "port $port to be open" passes "$port"
    await 1 "local discovery to be open" passes 3544 224.0.0.253
    ! passes $((port + 1)) || fail "the port after the client's is open too"
}
# expect_open, expect_closed: fail unless the exception is in force, or is not.
expect_open() { expect_open_within 3; }
expect_closed() { ! passes "$port" || fail "port $port is open"; }

# rules: prints the ruleset without parts that change by themselves.
rules() { nft --stateless list ruleset; }
# expect_rules BEFORE ACTION: fails unless the ruleset is BEFORE again after ACTION.
expect_rules() { diff <(echo "$1") <(rules) || fail "the ruleset is not what it was: $2"; }
