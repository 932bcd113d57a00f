#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands for the teredowalld of version 0.1 on a host with iptables: keeps chains of its own in the table filter, with jumps
to them, until SIGTERM; then it ends and leaves all of it, as if it had been killed. Run by systemd, which it notifies.
"""
import os, signal, socket, subprocess, threading, time

ending = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ending.set())
# That version wrote time ranges with an end and without a beginning.
until = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600))
mark = '-m comment --comment "teredowall: Teredo %s"'
lines = ["*filter"]
for direction, ports, more in (
    ("in", "--dport 40001", (("local discovery, in", "-d 224.0.0.253/32", "--dport 3544", ""),)),
    ("out", "--sport 40001", (("solicitation, out", "", "--dport 3544", "-m owner --uid-owner 104"),)),
):
    chain = f"teredowall-{direction}put"
    rules = (("service port, " + direction, "", ports, ""), *more)
    for what, address, port, owner in rules:
        lines.append(f"-A {chain} {address} -p udp -m udp {port} {owner} -m time --datestop {until} {mark % what} -j ACCEPT")
    jump = f'-m comment --comment "teredowall: exceptions for Teredo, {direction}" -j {chain}'
    lines.append(f"-A {direction.upper()}PUT {jump}")
text = "\n".join(lines + ["COMMIT", ""])

def run(*words, **options): return subprocess.run(words, text=True, check=True, capture_output=True, **options).stdout

def is_there(): return "-j teredowall-input" in run("iptables", "-S", "INPUT")

def put():
    for direction in ("in", "out"):
        run("nft", f'add chain ip filter teredowall-{direction}put {{ comment "teredowall: exceptions for Teredo, {direction}"; }}')
    run("iptables-restore", "-n", input=text)

put()
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    name = os.environ["NOTIFY_SOCKET"]
    manager.connect("\0" + name[1:] if name[0] == "@" else name)
    manager.send(b"READY=1")
while not ending.wait(0.05):
    if not is_there(): put()
