#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the cost of other users' calls of the control socket at full speed.

control-load.py PROCESS SOCKET UID [ROUNDS]: to be run as root in the network namespace of the daemon PROCESS. Acts as the
client (user UID): makes a tunnel interface, binds a port and closes it again, ROUNDS times (30 by default), and measures the
time until the kernel reports the change of the rules; first without other calls, then while the user nobody calls on 16
connections as fast as answers come. Prints the medians and the daemon's share of a processor in both parts, as JSON members.
"""
import fcntl
import os
import select
import signal
import socket
import statistics
import struct
import sys
import time

# Constants of the kernel's headers.
NETLINK_NETFILTER, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES = 12, 270, 1, 7
SO_RCVBUFFORCE = 33
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
# The message types NFT_MSG_NEWSETELEM and NFT_MSG_DELSETELEM, with the subsystem in the upper byte.
NEW_ELEMENT, GONE_ELEMENT = 0x0A0C, 0x0A0E
CALLERS = 16
NOBODY = 65534


def ruleset_events():
    """Returns a socket that receives the kernel's messages about changes of the ruleset."""
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    events.bind((0, 0))
    events.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)
    events.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
    return events


def wait_for(events, kind, port, begun):
    """Returns the milliseconds from `begun` to the first message of the type `kind` that contains the port."""
    wanted = struct.pack(">H", port)
    while True:
        if not select.select([events], [], [], 20)[0]:
            raise TimeoutError(f"no event about port {port} in 20 s")
        data = events.recv(1 << 20)
        now = time.monotonic()
        # Each message has a header of 16 bytes, and begins at a multiple of 4.
        while len(data) >= 16:
            length, message = struct.unpack_from("=IH", data)
            if message == kind and wanted in data[16:length]:
                return (now - begun) * 1000
            data = data[(length + 3) & ~3:]


def change_port(events, uid, number):
    """Binds and closes the port 20000 + number as the client does; returns the delays of both."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    # A struct ifreq: the name, in which the kernel replaces %d by a number, and the flags.
    fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH22x", b"load%d", IFF_TUN | IFF_NO_PI))
    # The client makes the tunnel first, and binds a moment later.
    time.sleep(0.0012)
    port = 20000 + number
    # The kernel reports binds by the real user ID of the caller, which must be the client's.
    os.setresuid(uid, uid, 0)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    begun = time.monotonic()
    client.bind(("0.0.0.0", port))
    os.setresuid(0, 0, 0)
    opened = wait_for(events, NEW_ELEMENT, port, begun)
    begun = time.monotonic()
    client.close()
    closed = wait_for(events, GONE_ELEMENT, port, begun)
    os.close(tunnel)
    time.sleep(0.1)
    return opened, closed


def call_without_end(path):
    """Calls as another user without a pause, and connects again after a refusal. Does not return."""
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    calls = [b'{"method":"io.teredowall.Exceptions.%s"}\0' % name for name in (b"GetStatus", b"GetPort", b"Plan")]
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(path)
                number = 0
                while True:
                    connection.sendall(calls[number % len(calls)])
                    number += 1
                    answer = connection.recv(1 << 16)
                    while answer and not answer.endswith(b"\0"):
                        answer = connection.recv(1 << 16)
                    if not answer:
                        break
        except OSError:
            time.sleep(0.001)


def processor_seconds(process):
    """Returns the processor time of the process until now."""
    # After the name in parentheses; 11 and 12 are utime and stime, in clock ticks.
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(events, uid, rounds, first):
    """Returns the median delays, in milliseconds, of opening and of closing the ports from 20000 + first on."""
    delays = [change_port(events, uid, first + number) for number in range(rounds)]
    return [round(statistics.median(column), 2) for column in zip(*delays)]


def main():
    process, path, uid = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 30
    events = ruleset_events()
    begun, used = time.monotonic(), processor_seconds(process)
    alone = measure(events, uid, rounds, 0)
    share_alone = (processor_seconds(process) - used) / (time.monotonic() - begun)
    callers = []
    for _ in range(CALLERS):
        child = os.fork()
        if child == 0:
            call_without_end(path)
        callers.append(child)
    try:
        time.sleep(1)
        begun, used = time.monotonic(), processor_seconds(process)
        loaded = measure(events, uid, rounds, rounds)
        share = (processor_seconds(process) - used) / (time.monotonic() - begun)
    finally:
        for child in callers:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    figures = {
        "open_alone_ms": alone[0], "close_alone_ms": alone[1],
        "open_beside_calls_ms": loaded[0], "close_beside_calls_ms": loaded[1],
        "processor_alone_percent": round(100 * share_alone, 1),
        "processor_beside_calls_percent": round(100 * share, 1),
        # Without the work for the client, which is the same without the calls of other users.
        "processor_for_calls_percent": round(max(0, 100 * (share - share_alone)), 1),
    }
    for name, figure in figures.items():
        print(f'"control_{name}": {figure},')


main()
