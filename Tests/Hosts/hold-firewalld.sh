#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hold-firewalld.sh [RELEASE]: a host with firewalld and its message bus, says "ready" and holds it until
# standard input ends. For the tests, which enter it through the processes in it. With the name of a release
# of Debian the host runs that one, otherwise it is the machine's own system with firewalld added.
#
#   peer 10.9.0.2 ─── eth0 10.9.0.1 host
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. Tests/Hosts/private-root.sh

case ${1:-} in
outside)
    # The network namespace is new, and so must be the view of it in /sys and /proc.
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
    # The host is in the group of local discovery, and the peer has a way to it.
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
    # Whoever runs this may wait for the end of what it handed down, and that is not firewalld's.
    for descriptor in "/proc/$$/fd"/*; do
        ((${descriptor##*/} < 3 || ${descriptor##*/} == 255)) || eval "exec ${descriptor##*/}>&-"
    done
    firewalld --nofork </dev/null >/run/firewalld.log 2>&1 &
    until firewall-cmd --state >/dev/null 2>&1; do sleep 0.05; done
    ;;
"")
    layer=$(private_root_layer "${firewalld_packages[@]}")
    private_root_enter bash "$0" outside "$layer" /
    ;;
*)
    lower=$(private_root_release "$1")
    private_root_enter bash "$0" outside "" "$lower"
    ;;
esac
