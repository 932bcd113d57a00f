#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the daemon for a long time and checks that its memory, threads and descriptors do not grow.

soak.py DAEMON MINUTES: as root, in a network namespace of its own with the rules of a host loaded. In random order, the
client binds another port, a foreign program commits or flushes a chain of the daemon, the configuration is reloaded, the
link goes down and up, and the control socket is called. Descriptors, threads and anonymous memory are compared
between the end of the warm-up (a tenth of the time) and the end. The ruleset after the daemon must be the one before
it.
"""
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from daemon_run import DaemonRun, ruleset, wait

# The growth that is permitted because the allocator may keep freed memory, in kB.
SLACK = 100


def sizes(process):
    """Returns the numbers of descriptors and threads of the process, and its anonymous memory, by name."""
    with open(f"/proc/{process}/smaps_rollup") as file:
        memory = int(re.search(r"^Anonymous: +(\d+)", file.read(), re.M)[1])
    return {"descriptors": len(os.listdir(f"/proc/{process}/fd")), "threads": len(os.listdir(f"/proc/{process}/task")),
            "anonymous memory (kB)": memory}


def at_rest(process):
    """Returns the smallest sizes of 20 readings in 2 s: during an event the daemon may use more for a moment."""
    readings = []
    for _ in range(20):
        readings.append(sizes(process))
        time.sleep(0.1)
    return {name: min(reading[name] for reading in readings) for name in readings[0]}


def nft(text):
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True, capture_output=True)


def own_table():
    """Returns the table inet teredowall as text, without the elements of sets, which expire."""
    return subprocess.run(
        ["nft", "-s", "-t", "list", "table", "inet", "teredowall"], capture_output=True, text=True).stdout


class Work:
    """Causes events for the daemon, and counts how often each occurred."""

    def __init__(self, run):
        self.run, self.counts, self.without_multicast = run, {}, False
        nft("table inet soak { set addresses { type ipv4_addr; flags timeout; }; }")

    def bind(self):
        if self.run.client:
            self.run.client.close()
        port = self.run.bind()
        if not wait(lambda: port in ruleset()):
            sys.exit(f"port {port} did not open: {self.run.log_text()[-2000:]}")

    def commit(self):
        """Commits changes of a foreign table."""
        for number in range(20):
            nft(f"add element inet soak addresses {{ 192.0.2.{number} timeout 1s }}")

    def flush(self):
        """Flushes a chain of the daemon, and waits until that is healed."""
        whole = own_table()
        subprocess.run(["nft", "flush", "chain", "inet", "teredowall", "input"], check=True)
        # The daemon delays repairs more and more after repeated flushes.
        if not wait(lambda: own_table() == whole, 60):
            sys.exit(f"a flushed chain was not healed in 60 s: {self.run.log_text()[-2000:]}")

    def reload(self):
        self.without_multicast = not self.without_multicast
        self.run.configure(not self.without_multicast)
        self.run.process.send_signal(signal.SIGHUP)
        if not wait(lambda: ("224.0.0.253" in ruleset()) != self.without_multicast):
            sys.exit(f"local discovery did not change after a reload: {self.run.log_text()[-2000:]}")

    def flap(self):
        for state in ("down", "up"):
            subprocess.run(["ip", "link", "set", "eth0", state], check=True)

    def call(self):
        for _ in range(10):
            self.run.rescan()

    def do_something(self, generator):
        name = generator.choice(["bind", "commit", "flush", "reload", "flap", "call"])
        getattr(self, name)()
        self.counts[name] = self.counts.get(name, 0) + 1


def main():
    daemon, minutes = sys.argv[1], float(sys.argv[2])
    generator, before = random.Random(1), ruleset()
    with tempfile.TemporaryDirectory() as directory:
        run = DaemonRun(daemon, directory)
        run.launch()
        run.await_start()
        work = Work(run)
        begun = time.monotonic()
        first = None
        while (elapsed := time.monotonic() - begun) < minutes * 60:
            work.do_something(generator)
            if first is None and elapsed > minutes * 60 / 10:
                first = at_rest(run.process.pid)
        last = at_rest(run.process.pid)
        status = run.end()
        with contextlib.suppress(subprocess.CalledProcessError):
            nft("delete table inet soak")
        complaints = [] if status == 0 else [f"the daemon ended with {status}: {run.log_text()[-2000:]}"]
        if ruleset() != before:
            complaints.append(f"after the daemon's end the ruleset is not what it was:\n{ruleset()}")
        if first is None:
            complaints.append("too short to compare: one event took nearly all the time")
        for name, value in last.items() if first else ():
            allowed = SLACK if "memory" in name else 0
            if value > first[name] + allowed:
                complaints.append(f"{name} grew: {first[name]} after the warm-up, {value} at the end")
        print(f"{minutes:g} minutes, {work.counts}: {first}, then {last}")
        for complaint in complaints:
            print(complaint)
        sys.exit(1 if complaints else 0)


main()
