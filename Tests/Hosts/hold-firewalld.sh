#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hold-firewalld.sh [RELEASE]: makes a host with firewalld and a message bus, prints "ready", and removes the host
# when standard input ends. The tests enter the host through its processes. With the name of a Debian release the host
# runs that release, otherwise this machine's system with firewalld added.
# hold-firewalld.sh start: starts firewalld, on that host, and waits until it answers.
# hold-firewalld.sh restart-bus: ends the message bus and starts another, on that host.
#
#   peer 10.9.0.2 ─── eth0 10.9.0.1 host
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. Tests/Hosts/private-root.sh

# Closes inherited descriptors, except the standard ones and bash's own (255): the program that runs this script may wait
# until they are closed, and what the script starts would keep them open.
close_inherited() {
    local descriptor
    for descriptor in "/proc/$$/fd"/*; do
        ((${descriptor##*/} < 3 || ${descriptor##*/} == 255)) || eval "exec ${descriptor##*/}>&-"
    done
}

# To make the host, the script runs itself twice more: `outside` LAYER BASE_ROOT in the new namespaces, then `inside` the
# private root.
case ${1:-} in
outside)
    # The network namespace is new, and /sys and /proc must show it.
    mount -t sysfs sysfs /sys
    private_root_mount "$2" /mnt "$3"
    exec chroot /mnt/root bash "$PWD/Tests/Hosts/hold-firewalld.sh" inside
    ;;
inside)
    ip link set lo up
    ip netns add peer
    ip link add eth0 type veth peer name eth0 netns peer
    ip address add 10.9.0.1/24 dev eth0
    ip link set eth0 up
    ip -n peer address add 10.9.0.2/24 dev eth0
    ip -n peer link set eth0 up
    # The host joins the group of local discovery, and the peer gets a route to it.
    ip address add 224.0.0.253/32 dev eth0 autojoin
    ip -n peer route add 224.0.0.0/4 dev eth0
    mkdir -p /run/dbus
    dbus-uuidgen --ensure
    dbus-daemon --system --nopidfile --fork
    bash Tests/Hosts/hold-firewalld.sh start
    echo ready
    cat >/dev/null
    ;;
start)
    close_inherited
    firewalld --nofork </dev/null >/run/firewalld.log 2>&1 &
    until firewall-cmd --state >/dev/null 2>&1; do sleep 0.05; done
    ;;
restart-bus)
    close_inherited
    bus=$(pidof dbus-daemon)
    kill "$bus"
    while [[ -e /proc/$bus/exe ]]; do sleep 0.02; done
    dbus-daemon --system --nopidfile --fork </dev/null >/dev/null 2>&1
    ;;
"")
    layer=$(private_root_layer "${firewalld_packages[@]}")
    private_root_enter bash "$0" outside "$layer" /
    ;;
*)
    base_root=$(private_root_release "$1")
    private_root_enter bash "$0" outside "" "$base_root"
    ;;
esac
