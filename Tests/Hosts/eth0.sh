# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Makes the interface of a host without a lab. To be sourced in a network namespace of its own; needs root.

# eth0_up: brings up the loopback interface, and eth0 with the address 6.6.6.2, whose other end is eth1.
eth0_up() {
    ip link set lo up
    ip link add eth0 type veth peer name eth1
    ip address add 6.6.6.2/24 dev eth0
    ip link set eth0 up
    ip link set eth1 up
}
