# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the daemon with a socket as its client. faults.py and soak.py import this module."""
import atexit
import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

LEASE = 3  # in seconds
# The user ID of the client.
USER = int(subprocess.run(["id", "-u", "miredo"], check=True, capture_output=True, text=True).stdout)


def ruleset():
    """Returns the ruleset as text, without counters, handles and the times that each renewal changes."""
    text = subprocess.run(["nft", "-s", "list", "ruleset"], check=True, capture_output=True, text=True).stdout
    return re.sub(r'meta time "[^"]*"-"[^"]*"| expires \w+', "time", text)


class DaemonRun:
    """One daemon, from its start to its end, and the socket of its client. Its files are in `directory`."""

    def __init__(self, daemon, directory):
        self.command = [daemon, "--runtime-directory", directory, "--config", directory + "/configuration.toml"]
        self.directory = directory
        self.log = tempfile.TemporaryFile()
        self.configure(True)
        self.process = self.client = None

    def configure(self, multicast):
        """Writes the configuration: whether local discovery is open."""
        with open(self.directory + "/configuration.toml", "w") as file:
            file.write(f'[firewall]\nlease = "{LEASE}s"\n[exceptions]\nmulticast = {str(multicast).lower()}\n')

    def launch(self, tracer=()):
        """Starts the daemon, by the command `tracer` if there is one."""
        # The control socket of a killed daemon, which `rescan` would otherwise connect to.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.directory + "/control")
        self.process = subprocess.Popen([*tracer, *self.command], stderr=self.log, start_new_session=True)
        # Ends the daemon also if this program fails.
        atexit.register(self.process.kill)

    def log_text(self):
        """Returns the whole log."""
        # Without a change of the position, which the daemon shares: it would overwrite the beginning of its log.
        descriptor = self.log.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def await_start(self):
        """Waits until the daemon has added the standing rules, or has ended; returns whether one of them happened."""
        return wait(lambda: self.process.poll() is not None or "standing rules in" in self.log_text())

    def bind(self):
        """Binds the client's socket and returns its port as text."""
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Makes the client's user the owner of the socket.
        os.fchown(self.client.fileno(), USER, -1)
        self.client.bind(("0.0.0.0", 0))
        return str(self.client.getsockname()[1])

    def rescan(self):
        """Makes the daemon look at its client and the ruleset; the call may fail because of a fault."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(self.directory + "/control")
            connection.sendall(b'{"method":"io.teredowall.Exceptions.Rescan"}\0')
            connection.recv(4096)

    def end(self):
        """Ends the daemon and returns its exit status; None if it had to be killed."""
        if self.client:
            self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return None


def wait(holds, seconds=10.0):
    """Calls `holds` until it returns something true, or the time is over; returns its last result."""
    deadline = time.monotonic() + seconds
    while not (result := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return result
