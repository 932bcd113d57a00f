# SPDX-License-Identifier: GPL-2.0-or-later
"""client.py: binds sockets like those of a Teredo client as the client's user, prints the port, and answers packets.

A socket of root on the next port, which teredowalld must not open, answers too.
"""
import os, pwd, select, socket, struct


def bound(port):
    """Returns a UDP socket that is bound to the port, or to any free port if it is 0."""
    new = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    new.bind(("", port))
    return new


while True:
    # Binds the port after a free one as root, before privileges are dropped; tries again until that port is free, too.
    attempt = bound(0)
    port = attempt.getsockname()[1]
    attempt.close()
    try:
        neighbour = bound(port + 1)
        break
    except (OSError, OverflowError):
        pass
user = pwd.getpwnam("miredo")
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
client = bound(port)
discovery = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
discovery.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
discovery.bind(("", 3544))
group = struct.pack("4s4s", socket.inet_aton("224.0.0.253"), socket.inet_aton("6.6.6.2"))
discovery.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
print(port, flush=True)
while True:
    for ready in select.select([client, discovery, neighbour], [], [])[0]:
        data, sender = ready.recvfrom(2048)
        # Like a client, answers local discovery from the service port.
        try:
            (client if ready is discovery else ready).sendto(data, sender)
        except PermissionError:
            pass  # refused by the firewall, which the check may expect
