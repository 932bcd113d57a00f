#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes one system call fail in each run of the daemon, or kills the daemon there, and checks the result.

faults.py DAEMON COUNT SEED: as root, in a network namespace of its own with the rules of a host loaded. COUNT faults are
chosen at random with SEED; with COUNT "all" every fault is tried. First a run without a fault is traced: which calls each
phase makes, and how often a thread makes them. A fault is one of these calls, in one phase, with one possible error
(injected by strace), or a SIGKILL at its entry. strace attaches when the phase begins, and logs whether the fault occurred.

Afterwards the daemon must have reached the state that the phase demands, by itself at its next periodic look or after
`rescan`, or have ended with a logged error; after a SIGKILL nothing may be open when the lease is over. Then another
daemon must start, and leave the ruleset exactly as it was before the first one.
"""
import calendar
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from daemon_run import LEASE, USER, DaemonRun, ruleset, wait

# The system calls that are made to fail, and the errors that each is made to fail with.
ERRORS = {
    "socket": ["EMFILE", "ENFILE", "ENOBUFS", "EPERM"],
    "bind": ["EADDRINUSE", "ENOMEM"],
    "sendmsg": ["ENOBUFS", "ENOMEM", "EPERM"],
    "sendto": ["ENOBUFS", "ENOMEM", "ECONNREFUSED"],
    "recvmsg": ["ENOBUFS", "ENOMEM", "EINTR"],
    "recvfrom": ["ENOBUFS", "ENOMEM", "EINTR"],
    "openat": ["EMFILE", "ENFILE", "EACCES"],
    "read": ["EIO", "EINTR"],
    # Mostly writes to an eventfd that wakes a thread, where other errors do not occur.
    "write": ["EINTR"],
    "epoll_create1": ["EMFILE", "ENOMEM"],
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "epoll_wait": ["EINTR"],
    "epoll_pwait2": ["EINTR"],
    "eventfd2": ["EMFILE", "ENOMEM"],
    "signalfd4": ["EMFILE", "ENOMEM"],
    "timerfd_create": ["EMFILE", "ENOMEM"],
    "timerfd_settime": ["EINVAL"],
    "ppoll": ["EINTR", "ENOMEM"],
    "poll": ["EINTR", "ENOMEM"],
    "accept4": ["EMFILE", "ECONNABORTED"],
    "flock": ["ENOLCK", "EINTR"],
    "setsockopt": ["ENOMEM", "EPERM"],
    "getsockopt": ["EPERM"],
    "getsockname": ["ENOBUFS"],
    "mkdir": ["EACCES", "ENOSPC"],
    "unlink": ["EACCES"],
    "chmod": ["EPERM"],
    "listen": ["EADDRINUSE"],
    "connect": ["ECONNREFUSED", "EAGAIN"],
    "fcntl": ["EINVAL"],
    "bpf": ["EPERM", "ENOMEM"],
    "pidfd_open": ["EMFILE", "ESRCH"],
    "getdents64": ["EIO"],
    "clone3": ["EAGAIN"],
    "mmap": ["ENOMEM"],
}
# If the dynamic loader gets no memory, it prints this before the daemon starts, and ends with status 127.
LOADER_MESSAGE = "shared libraries"
# The calls that send requests to the kernel and receive its answers; the daemon is also killed at these.
SENDS, ANSWERS = ("sendmsg", "sendto"), ("recvmsg", "recvfrom")


# Each function causes the event of its phase, and returns a function that returns true once the expected state is reached.
def phase_start(run):
    return lambda: "224.0.0.253" in ruleset() and f"skuid {USER}" in ruleset()


def phase_open(run):
    port = run.bind()
    return lambda: port in ruleset()


def phase_heal(run):
    whole = ruleset()
    subprocess.run(["nft", "flush", "chain", "inet", "teredowall", "input"], capture_output=True)
    return lambda: ruleset() == whole


def phase_renew(run):
    whole, last_end = ruleset(), max(lease_ends(), default=0)
    # A renewal moves the ends by about a third of the lease. Half of that is more than the error of a reading, which is the
    # time that nft runs.
    return lambda: ruleset() == whole and min(lease_ends(), default=0) > last_end + LEASE / 6


def phase_reload(run):
    run.configure(False)
    run.process.send_signal(signal.SIGHUP)
    return lambda: "224.0.0.253" not in ruleset()


def phase_close(run):
    port = str(run.client.getsockname()[1])
    run.client.close()
    run.client = None
    return lambda: port not in ruleset()


def phase_end(run):
    run.process.terminate()
    return lambda: run.process.poll() is not None


PHASES = {"start": phase_start, "open": phase_open, "heal": phase_heal, "renew": phase_renew, "reload": phase_reload,
          "close": phase_close, "end": phase_end}
# The phases that need an open port at their beginning.
NEEDS_PORT = ("heal", "renew", "close", "end")


def prepare(run, phase):
    """Starts a daemon and brings it to the beginning of the phase; returns False if that fails."""
    run.launch()
    if not run.await_start() or run.process.poll() is not None:
        return False
    if phase in NEEDS_PORT:
        port = run.bind()
        return wait(lambda: port in ruleset())
    return True


def attach(run, phase, words, log):
    """Attaches strace with the arguments `words` to the daemon, and returns its process.

    In the phase "start", starts the daemon under strace and returns None: strace then ends with the daemon.
    """
    # With -D, strace runs as a grandchild, and the process that was started becomes the daemon.
    common = ["strace", "-f", "-qq", "-o", log, *words]
    if phase == "start":
        run.launch([*common[:1], "-D", *common[1:]])
        return None
    tracer = subprocess.Popen([*common, "-p", str(run.process.pid)], stderr=subprocess.DEVNULL)
    # strace stops each thread once while it attaches. It is ready when each thread has a tracer.
    wait(lambda: tracer.poll() is not None or all(
        "TracerPid:\t0" not in status for status in statuses(run.process.pid)))
    return tracer


def statuses(process):
    """Yields the status file of each thread of the process."""
    for task in os.listdir(f"/proc/{process}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{process}/task/{task}/status") as file:
            yield file.read()


def detach(tracer):
    """Ends strace, if there is a process of it, without ending the daemon."""
    if not tracer:
        return
    # send_signal does nothing if strace has ended just now.
    tracer.send_signal(signal.SIGINT)
    try:
        tracer.wait(5)
    except subprocess.TimeoutExpired:
        # If the daemon ends just then, strace waits for its first thread, which ends only after strace has taken note
        # of the others. The kernel detaches the threads of a tracer that is killed.
        tracer.kill()
        tracer.wait()


def calls_of(daemon, directory, phase):
    """Returns, for each system call of a phase, the maximum number of times that one thread makes it."""
    run, log = DaemonRun(daemon, directory), directory + "/trace"
    if phase != "start" and not prepare(run, phase):
        sys.exit(f"a run without faults does not reach the phase {phase}: {run.log_text()}")
    tracer = attach(run, phase, ["-e", "signal=none"], log)
    if not wait(PHASES[phase](run)):
        sys.exit(f"a run without faults fails at {phase}: {run.log_text()}")
    detach(tracer)
    run.end()
    counts = {}
    with open(log) as file:
        for line in file:
            match = re.match(r"(\d+) +(\w+)\(", line)
            # The allocations of the loader cannot be distinguished from those of the daemon.
            if match and match[2] in ERRORS and (phase, match[2]) != ("start", "mmap"):
                counts[match.groups()] = counts.get(match.groups(), 0) + 1
    most = {}
    for (_, call), count in counts.items():
        most[call] = max(most.get(call, 0), count)
    return most


def all_faults(daemon, directory):
    """Yields the faults: the phase, the call, the number of the failing one among the calls of a thread in the phase, and
    the way in which it fails, in strace's words."""
    for phase in PHASES:
        for call, most in sorted(calls_of(daemon, directory, phase).items()):
            # Each of the first calls, then only some: hundreds of calls come from the same line of code.
            numbers = sorted({n for n in (1, 2, 3, 4, 5, 7, 10, 15, 25, 40, 70) if n <= most})
            for number in numbers:
                for error in ERRORS[call]:
                    yield phase, call, number, f"error={error}"
                if call in SENDS + ANSWERS:
                    yield phase, call, number, "signal=KILL"


def try_fault(daemon, directory, before, fault):
    """Makes the fault occur in a new run; returns whether it occurred, how the daemon reacted, and a list of complaints."""
    phase, call, number, injection = fault
    run, log = DaemonRun(daemon, directory), directory + "/trace"
    if phase != "start" and not prepare(run, phase):
        return False, "no start", [f"did not reach the phase: {run.log_text()}"]
    words = ["-e", f"trace={call}", "-e", f"inject={call}:{injection}:when={number}"]
    tracer = attach(run, phase, words, log)
    is_reached = PHASES[phase](run)
    ended = lambda: run.process.poll() is not None
    # The daemon refuses a configuration that it cannot read, and logs that.
    refused = lambda: phase == "reload" and "the configuration stays as it was" in run.log_text()
    has_reacted = wait(lambda: ended() or refused() or is_reached())
    detach(tracer)
    with open(log) as file:
        trace = file.read()
    has_occurred = "(INJECTED)" in trace or "killed by SIGKILL" in trace
    complaints = []
    reaction = "recovered"  # unless something else is found below
    if has_reacted and refused():
        reaction = "refused the configuration"
    if not has_reacted:
        run.rescan()
        reaction = "recovered after rescan"
        if not wait(lambda: ended() or is_reached(), 5):
            complaints.append("did not reach the expected state, even after a rescan")
    status = run.end()
    logged = run.log_text()
    if status == -signal.SIGKILL and injection == "signal=KILL":
        reaction = "killed"
        if not wait(lambda: not still_open(), LEASE + 2):
            complaints.append("something is open though the lease is over")
    elif status is None:
        complaints.append("did not end")
    elif status == 127 and LOADER_MESSAGE in logged:
        reaction = "ended in the loader"
    elif status not in (0, 1, 2, 77):  # see teredowalld(8)
        complaints.append(f"ended with {status}")
    elif status != 0:
        reaction = "ended with an error"
        if "error" not in logged and "cannot" not in logged:
            complaints.append("failed without logging an error")
    elif ruleset() != before:
        complaints.append("left something although it ended without an error")
    next_run = DaemonRun(daemon, directory)
    next_run.launch()
    next_run.await_start()
    status = next_run.end()
    if status != 0 or ruleset() != before:
        complaints.append(f"the next daemon ended with {status} or changed the ruleset: {next_run.log_text()}")
    return has_occurred, reaction, [f"{complaint}\n    {logged.strip()}" for complaint in complaints]


def still_open():
    """Returns something true if teredowalld's sets have elements, or iptables has rules whose time range has not ended."""
    text = subprocess.run(["nft", "-s", "list", "ruleset"], check=True, capture_output=True, text=True).stdout
    if match := re.search(r"set [\w-]+ \{[^}]*teredowall:[^}]*elements = \{", text):
        return match[0]
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True).stdout
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    # On these hosts only teredowalld has rules with an end. The times are text that sorts by time.
    return any(match[1] > now for match in re.finditer(r"--datestop (\S+)", saved))


def lease_ends():
    """Returns when the leases end, as Unix times: one for each element of teredowalld's sets, and for each of its rules
    in tables of iptables. On these hosts nothing else has an end."""
    now = time.time()
    text = subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout
    # As the lease is some seconds, there are no greater units: "expires 2s968ms".
    elements = [now + int(seconds or 0) + int(milliseconds or 0) / 1000
                for seconds, milliseconds in re.findall(r" expires (?:(\d+)s)?(?:(\d+)ms)?", text)]
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True).stdout
    return elements + [calendar.timegm(time.strptime(end, "%Y-%m-%dT%H:%M:%S"))
                       for end in re.findall(r"--datestop (\S+)", saved)]


def main():
    daemon, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    before = ruleset()
    with tempfile.TemporaryDirectory() as directory:
        faults = list(all_faults(daemon, directory))
        known = len(faults)
        if count != "all":
            faults = random.Random(seed).sample(faults, min(int(count), known))
        reactions, occurred, failures = {}, 0, 0
        for fault in faults:
            has_occurred, reaction, complaints = try_fault(daemon, directory, before, fault)
            occurred += has_occurred
            reactions[reaction] = reactions.get(reaction, 0) + 1
            failures += len(complaints)
            for complaint in complaints:
                print("in the phase %s, %s, call %d, %s: " % fault + complaint, flush=True)
    summary = ", ".join(f"{number} {reaction}" for reaction, number in sorted(reactions.items()))
    print(f"{len(faults)} of {known} faults (seed {seed}), {occurred} occurred: {summary}; {failures} complaints")
    sys.exit(1 if failures or not occurred else 0)


main()
