#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Lets system calls of the daemon fail, one in each run, and looks at what is left.

faults.py DAEMON COUNT SEED: as root, in a network namespace of its own with the rules of a host loaded. Each run lets one
call of one kind fail once (strace's injection, in all threads), at a place drawn by SEED, while the daemon starts, sees
a client open and close a port, hears of a flush of its chains, and is ended. Afterwards the daemon must have ended in
time, with 0 or with an error that is said, and a second one must leave the ruleset exactly as it was before the first.
"""
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

CALLS = {
    "socket": ["EMFILE", "ENFILE", "ENOBUFS", "EPERM"],
    "bind": ["EADDRINUSE", "ENOMEM"],
    "sendmsg": ["ENOBUFS", "ENOMEM", "EPERM"],
    "sendto": ["ENOBUFS", "ENOMEM", "ECONNREFUSED"],
    "recvmsg": ["ENOBUFS", "ENOMEM", "EINTR"],
    "recvfrom": ["ENOBUFS", "ENOMEM"],
    "openat": ["EMFILE", "ENFILE", "EACCES"],
    "read": ["EIO", "EINTR"],
    "epoll_create1": ["EMFILE", "ENOMEM"],
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "epoll_wait": ["EINTR"],
    "eventfd2": ["EMFILE", "ENOMEM"],
    "signalfd4": ["EMFILE", "ENOMEM"],
    "ppoll": ["EINTR", "ENOMEM"],
    "accept4": ["EMFILE", "ECONNABORTED"],
    "flock": ["ENOLCK", "EINTR"],
    "setsockopt": ["ENOMEM", "EPERM"],
    "getsockname": ["ENOBUFS"],
    "mkdir": ["EACCES", "ENOSPC"],
    "listen": ["EADDRINUSE"],
    "pidfd_open": ["EMFILE", "ESRCH"],
    "clone3": ["EAGAIN"],
}


def ruleset():
    # Handles count up, and counters count.
    return subprocess.run(["nft", "-s", "list", "ruleset"], check=True, capture_output=True, text=True).stdout


def run(daemon, directory, fault=None):
    """One life of the daemon; its exit status, None for one that had to be killed, and what it said."""
    command = [daemon, "--runtime-directory", directory]
    if fault:
        # The tracer goes into the background, so that the process is the daemon.
        command = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + fault[0],
                   "-e", "inject=%s:error=%s:when=%d" % fault] + command
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stderr=log, start_new_session=True)
        try:
            play(process, directory)
            if process.poll() is None:
                process.terminate()
            status = process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = None
        log.seek(0)
        return status, log.read()


def play(process, directory):
    deadline = time.monotonic() + 8
    while process.poll() is None and not os.path.exists(directory + "/control") and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    if process.poll() is not None:
        return
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    os.fchown(client.fileno(), USER, -1)
    client.bind(("0.0.0.0", 0))
    ask(directory)
    client.close()
    subprocess.run(["nft", "flush", "chain", "inet", "teredowall", "input"], capture_output=True)
    time.sleep(0.2)
    ask(directory)


def ask(directory):
    """Has it look again; whatever comes of it."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(3)
            connection.connect(directory + "/control")
            connection.sendall(b'{"method":"io.teredowall.Exceptions.Rescan"}\0')
            connection.recv(4096)
    except OSError:
        pass


def main():
    daemon, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    draw = random.Random(seed)
    before = ruleset()
    failures, ends = 0, {}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(count):
            call = draw.choice(sorted(CALLS))
            fault = (call, draw.choice(CALLS[call]), draw.choice([1, 1, 2, 3, 4, 5, 7, 10, 15, 25, 40]))
            status, said = run(daemon, directory, fault)
            complaints = []
            if status is None:
                complaints.append("did not end")
            elif status == 127 and "shared libraries" in said:
                ends["loader"] = ends.get("loader", 0) + 1
            elif status not in (0, 1, 77):
                complaints.append(f"ended with {status}")
            elif status == 1 and "error" not in said and "cannot" not in said:
                complaints.append("failed without a word")
            elif status == 0 and ruleset() != before:
                complaints.append("left something behind an orderly end")
            again, _ = run(daemon, directory)
            if again != 0 or ruleset() != before:
                complaints.append(f"the next one ended with {again} and did not leave all as it was")
            ends[status] = ends.get(status, 0) + 1
            for complaint in complaints:
                failures += 1
                print("%s %s, call %d: %s\n    %s" % (fault + (complaint, said.strip().replace("\n", "\n    "))))
    print(f"{count} faults (seed {seed}): {ends.get(0, 0)} recovered, {ends.get(1, 0) + ends.get(77, 0)} ended with an "
          f"error, {failures} complaints")
    sys.exit(1 if failures else 0)


USER = int(subprocess.run(["id", "-u", "miredo"], check=True, capture_output=True, text=True).stdout)
main()
