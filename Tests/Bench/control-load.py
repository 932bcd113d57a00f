#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the cost of other users' calls of the control socket at full speed.

control-load.py PROCESS SOCKET UID [ROUNDS]: in the network namespace of the daemon PROCESS, as root. Plays the client
(user UID): makes a tunnel interface, binds a port and closes it again, ROUNDS times, and measures the time until the kernel
reports the change of the rules; first without other calls, then beside 16 connections of user 65534 that call as fast
as they are answered. Prints the medians and the daemon's share of a processor in each part, as JSON members.
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

NEW_ELEMENT, GONE_ELEMENT = 0x0A0C, 0x0A0E
STRANGERS = 16


def events():
    news = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    news.bind((0, 0))
    news.setsockopt(270, 1, 7)
    news.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
    return news


def wait_for(news, kind, port, begun):
    """Returns the milliseconds from `begun` to the message that the element of the port was added or removed."""
    wanted = struct.pack(">H", port)
    while True:
        if not select.select([news], [], [], 20)[0]:
            raise TimeoutError(f"nothing was heard of port {port}")
        data = news.recv(1 << 20)
        now = time.monotonic()
        while len(data) >= 16:
            length, message = struct.unpack_from("=IH", data)
            if message == kind and wanted in data[16:length]:
                return (now - begun) * 1000
            data = data[(length + 3) & ~3:]


def change_port(news, uid, number):
    """Opens and closes a port as the client does; returns the delays of both."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH22x", b"load%d", 0x1001))
    time.sleep(0.0012)
    port = 20000 + number
    # The kernel reports binds by the real user ID of the caller, which must be the client's.
    os.setresuid(uid, uid, 0)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    begun = time.monotonic()
    client.bind(("0.0.0.0", port))
    os.setresuid(0, 0, 0)
    opened = wait_for(news, NEW_ELEMENT, port, begun)
    begun = time.monotonic()
    client.close()
    closed = wait_for(news, GONE_ELEMENT, port, begun)
    os.close(tunnel)
    time.sleep(0.1)
    return opened, closed


def ask(path):
    """Plays another user: calls without end, and connects again after a refusal."""
    os.setgid(65534)
    os.setuid(65534)
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
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(news, uid, rounds, first):
    delays = [change_port(news, uid, first + number) for number in range(rounds)]
    return [round(statistics.median(column), 2) for column in zip(*delays)]


def main():
    process, path, uid = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 30
    news = events()
    begun, used = time.monotonic(), processor_seconds(process)
    quiet = measure(news, uid, rounds, 0)
    quiet_share = (processor_seconds(process) - used) / (time.monotonic() - begun)
    strangers = []
    for _ in range(STRANGERS):
        child = os.fork()
        if child == 0:
            ask(path)
        strangers.append(child)
    try:
        time.sleep(1)
        begun, used = time.monotonic(), processor_seconds(process)
        loaded = measure(news, uid, rounds, rounds)
        share = (processor_seconds(process) - used) / (time.monotonic() - begun)
    finally:
        for child in strangers:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    figures = {
        "open_in_peace_ms": quiet[0], "close_in_peace_ms": quiet[1],
        "open_beside_strangers_ms": loaded[0], "close_beside_strangers_ms": loaded[1],
        "processor_in_peace_percent": round(100 * quiet_share, 1),
        "processor_beside_strangers_percent": round(100 * share, 1),
        # Without the work for the client, which is the same without the calls of other users.
        "processor_for_strangers_percent": round(max(0, 100 * (share - quiet_share)), 1),
    }
    for name, figure in figures.items():
        print(f'"control_{name}": {figure},')


main()
