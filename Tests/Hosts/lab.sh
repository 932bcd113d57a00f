# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions for a lab: a Teredo server, a router and clients, each in a network namespace, on one machine. To be sourced
# after common.sh; lab_enter first.
#
#   server 5.5.5.1, 5.5.5.2 ─── (router 5.5.5.254 | 6.6.6.1) ─── first client 6.6.6.2, second 6.6.6.3, …
#
# Everything is in namespaces for mounts, processes and network that end with the process that made them, however it
# ends: nothing is left behind, and the machine's own network is out of reach. The addresses are public ones because
# Miredo refuses private ones; no packet leaves the lab.

# lab_enter COMMAND...: replaces this process by COMMAND as the first process of a lab. LAB_OUTSIDE tells lab_up which
# network namespace is the machine's own.
lab_enter() {
    LAB_OUTSIDE=$(readlink /proc/self/ns/net) \
        exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net -- "$@"
}

# lab_up CLIENT...: builds the networks and starts the server. The namespace of the caller is the router. Temporary
# files go to $lab, which is private and in memory.
lab_up() {
    # Ends if this is the machine's own network.
    [[ -n ${LAB_OUTSIDE:-} && $LAB_OUTSIDE != "$(readlink /proc/self/ns/net)" ]] ||
        die "lab_up: this is the machine's own network; call lab_enter first"
    mount -t tmpfs -o mode=755 lab /run
    lab=/run/lab
    mkdir "$lab"
    # The last byte of the address of the next client.
    local last_byte=2 name
    ip link set lo up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    # Without snooping, the bridge sends multicast to all clients, also to those that have not joined the group by IGMP.
    ip link add lan type bridge mcast_snooping 0
    ip address add 6.6.6.1/24 dev lan
    ip link set lan up
    ip netns add server
    ip link add wan type veth peer name eth0 netns server
    ip address add 5.5.5.254/24 dev wan
    ip link set wan up
    lab_connect server 5.5.5.1/24 5.5.5.254
    ip -n server address add 5.5.5.2/24 dev eth0
    for name; do
        ip netns add "$name"
        ip link add "to-$name" type veth peer name eth0 netns "$name"
        ip link set "to-$name" master lan up
        lab_connect "$name" "6.6.6.$last_byte/24" 6.6.6.1
        printf 'InterfaceName teredo\nServerAddress 5.5.5.1\n' >"$lab/$name.conf"
        last_byte=$((last_byte + 1))
    done
    printf 'ServerBindAddress 5.5.5.1\nServerBindAddress2 5.5.5.2\n' >"$lab/server.conf"
    lab_start server server miredo-server -f -c "$lab/server.conf" -p "$lab/server.pid"
    lab_await 10 'the Teredo server' lab_listens server 5.5.5.1:3544
}

# lab_connect NAMESPACE ADDRESS/LENGTH GATEWAY: brings up the loopback interface, and eth0 with this address and the default
# route.
lab_connect() {
    ip -n "$1" link set lo up
    ip -n "$1" address add "$2" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" route add default via "$3"
}

# lab_listens NAMESPACE ADDRESS:PORT: succeeds if a program has a UDP socket with this address and port.
lab_listens() { [[ $(lab_run "$1" ss -Huanl) == *" $2 "* ]]; }

# lab_run NAMESPACE COMMAND...: runs COMMAND in the namespace and returns its status.
lab_run() { ip netns exec "$@"; }

# lab_start LABEL NAMESPACE COMMAND...: runs COMMAND in the background in the namespace, with its output in $lab/LABEL.log
# and its process number in $lab/LABEL.main.
lab_start() {
    local label=$1
    shift
    setsid ip netns exec "$@" </dev/null >"$lab/$label.log" 2>&1 &
    echo $! >"$lab/$label.main"
}

# lab_client NAME: starts the Teredo client of a host with the configuration $lab/NAME.conf.
lab_client() { lab_start "$1" "$1" miredo -f -c "$lab/$1.conf" -p "$lab/$1.pid"; }

# lab_address_of NAME: prints the Teredo address of a host, in 2001::/32 (written 2001:0:), which exists once the client is
# qualified; before that, nothing.
lab_address_of() {
    ip -n "$1" -6 -o address show scope global | sed -n 's/.* teredo .*inet6 \(2001:0*:[^/]*\).*/\1/p'
}

# lab_await SECONDS WHAT COMMAND...: repeats COMMAND until it succeeds; fails after SECONDS, with WHAT in the message.
lab_await() {
    # EPOCHREALTIME without its decimal point or comma is the time in microseconds.
    local end=$((${EPOCHREALTIME//[.,]/} + $1 * 1000000)) what=$2
    shift 2
    until "$@"; do
        ((${EPOCHREALTIME//[.,]/} < end)) || die "gave up waiting for $what"
        sleep 0.02
    done
}
