#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Imitates the teredowalld of version 0.1 on a host with iptables: keeps chains of its own in the table filter, with jumps to
them. On SIGTERM it ends and leaves these chains and jumps, as if it had been killed. systemd runs it; it reports READY=1.
"""
import os, signal, socket, subprocess, threading, time

ending = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ending.set())
# That version wrote time ranges with an end and without a beginning.
until = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600))
mark = '-m comment --comment "teredowall: Teredo %s"'
lines = ["*filter"]
# 40001 and 104 stand for the client's port and user ID.
for direction, service_port, further_rules in (
    ("in", "--dport 40001", (("local discovery, in", "-d 224.0.0.253/32", "--dport 3544", ""),)),
    ("out", "--sport 40001", (("solicitation, out", "", "--dport 3544", "-m owner --uid-owner 104"),)),
):
    chain = f"teredowall-{direction}put"
    rules = (("service port, " + direction, "", service_port, ""), *further_rules)
    for name, address_match, port_match, owner_match in rules:
        lines.append(f"-A {chain} {address_match} -p udp -m udp {port_match} {owner_match} -m time --datestop {until} {mark % name} -j ACCEPT")
    jump = f'-m comment --comment "teredowall: exceptions for Teredo, {direction}" -j {chain}'
    lines.append(f"-A {direction.upper()}PUT {jump}")
text = "\n".join(lines + ["COMMIT", ""])

def run(*words, **options): return subprocess.run(words, text=True, check=True, capture_output=True, **options).stdout

def jump_is_there(): return "-j teredowall-input" in run("iptables", "-S", "INPUT")

def put_rules():
    for direction in ("in", "out"):
        run("nft", f'add chain ip filter teredowall-{direction}put {{ comment "teredowall: exceptions for Teredo, {direction}"; }}')
    run("iptables-restore", "-n", input=text)

put_rules()
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    name = os.environ["NOTIFY_SOCKET"]
    manager.connect("\0" + name[1:] if name[0] == "@" else name)
    manager.send(b"READY=1")
while not ending.wait(0.05):
    if not jump_is_there(): put_rules()
