#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hold-iptables.sh: makes a host with iptables and ufw, both still unused, prints "ready", and removes the host when
# standard input ends. The tests enter the host through its processes.
#
#   peer 10.64.0.2, 10.64.0.66 ─── wire 10.64.0.1 host
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. Tests/Hosts/private-root.sh

# The script runs itself twice more: `outside` LAYER in the new namespaces, then `inside` the private root.
stage=${1:-}
case $stage in
"")
    layer=$(private_root_layer "${iptables_packages[@]}")
    private_root_enter bash "$0" outside "$layer"
    ;;
outside)
    # The network namespace is new, and /sys and /proc must show it.
    mount -t sysfs sysfs /sys
    private_root_mount "$2" /mnt
    exec chroot /mnt/root bash "$PWD/Tests/Hosts/hold-iptables.sh" inside
    ;;
inside)
    ip link set lo up
    ip netns add peer
    ip link add wire type veth peer name wire netns peer
    ip address add 10.64.0.1/24 dev wire
    ip link set wire up
    # The rulesets of the tests deny 10.64.0.66.
    for address in 10.64.0.2 10.64.0.66; do ip -n peer address add "$address/24" dev wire; done
    ip -n peer link set wire up
    ip -n peer route add 224.0.0.0/4 dev wire
    # Until the kernel has activated the link, it drops answers to ARP, and packets of the tests would arrive late.
    ip netns exec peer ping -q -c 1 -i 0.2 -w 20 10.64.0.1 >/dev/null
    # Teredo uses IPv4 only, and without IPv6 ufw needs no kernel module for it.
    sed -i 's/^IPV6=.*/IPV6=no/' /etc/default/ufw
    echo ready
    cat >/dev/null
    ;;
esac
