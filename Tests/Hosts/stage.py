# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a case on a host that denies by default, with teredowalld as built, beside a second host that sends packets.

hostile.py, one_daemon.py and sockets.py import this module. A case is one of their functions, without an argument or with
`daemon`, the daemon's process. `hostile.py DIRECTORY-OF-PROGRAMS CASE` runs a case, as root in a mount namespace of its
own: each module ends with a call of `run_case`. Sockets of the user miredo stand for the client. Cases wait for events;
they sleep only to observe that nothing happens.
"""
import contextlib, ctypes, os, pwd, re, socket, subprocess, sys, tempfile, time

PROGRAMS, CASE = sys.argv[1:]
CLIENT, NOBODY, ROOT = pwd.getpwnam("miredo").pw_uid, 65534, 0
# Two addresses of the host with teredowalld, and the address of the second host.
HERE, ALSO_HERE, THERE = "10.9.0.1", "10.9.0.5", "10.9.0.2"
RULES = """
table inet filter {
  chain input { type filter hook input priority filter; policy drop;
    iif lo accept
    ct state established,related accept
  }
}
"""
hosts = [f"stage-{os.getpid()}-{name}" for name in ("here", "there")]
runtime = tempfile.mkdtemp()
TIME_LIMIT = 20  # for events that a case expects, in seconds
libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNET = 0x40000000  # sched.h

def run(*words, host=None, **options):
    """Runs a command, in the namespace of the host if one is named, and returns its output. Raises if the command fails."""
    inside = ["ip", "netns", "exec", host] if host else []
    return subprocess.run([*inside, *words], check=True, capture_output=True, text=True, **options).stdout

def enter(host):
    """Moves this process to the network namespace of the host."""
    descriptor = os.open(f"/run/netns/{host}", os.O_RDONLY)
    result = libc.setns(descriptor, CLONE_NEWNET)
    os.close(descriptor)
    if result != 0: raise OSError(ctypes.get_errno(), f"cannot enter the host {host}")

@contextlib.contextmanager
def acting_as(user):
    """Runs the body of `with` as this user."""
    os.setresuid(user, user, ROOT)
    try:
        yield
    finally:
        os.setresuid(ROOT, ROOT, ROOT)

class UDP(socket.socket):
    """A UDP socket of a user, bound in the network namespace of this process.

    `reuse` is the option that shares the port, such as SO_REUSEADDR; `v6only` the value of IPV6_V6ONLY.
    """

    def __init__(self, user, address, port=0, reuse=None, family=socket.AF_INET, v6only=None, device=None):
        with acting_as(user):
            super().__init__(family, socket.SOCK_DGRAM)
        if reuse: self.setsockopt(socket.SOL_SOCKET, reuse, 1)
        if v6only is not None: self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
        if device: self.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        # The kernel reports the user that calls bind, which must be the socket's; only root may bind ports below 1024.
        with acting_as(ROOT if 0 < port < 1024 else user):
            self.bind((address, port))
        self.settimeout(TIME_LIMIT)
        self.port = self.getsockname()[1]

    def receives(self):
        """Returns true if a packet arrives; waits long enough for a slow machine."""
        try:
            return bool(self.recv(9))
        except TimeoutError:
            return False

    def receives_nothing(self):
        """Returns true if no packet arrives within 0.5 s, which is many times as long as a packet takes."""
        self.settimeout(0.5)
        has_received = self.receives()
        self.settimeout(TIME_LIMIT)
        return not has_received

def send_from_there(port, to=HERE, source=None):
    """Sends a packet from the other host, by the socket `source` or a new one, and returns that socket."""
    enter(hosts[1])
    sender = source or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.settimeout(TIME_LIMIT)
    sender.sendto(b"x", (to, port))
    enter(hosts[0])
    return sender

def is_reached(victim, to=HERE):
    """Sends a packet from the other host to the socket's port, and returns true if the socket receives it."""
    send_from_there(victim.port, to)
    return victim.receives()

def is_not_reached(victim, to=HERE):
    """The same, but returns true if nothing arrives within 0.5 s."""
    send_from_there(victim.port, to)
    return victim.receives_nothing()

def opened():
    """The service ports that are open, on all addresses ("41234") or on one ("10.9.0.1:41234")."""
    listing = run("nft", "list", "ruleset", host=hosts[0])
    found = set()
    for name in ("teredowall-ports", "teredowall-addresses"):
        block = re.search(r"set %s \{(.*?)\n\t\}" % name, listing, re.S)
        for element in re.findall(r"([\d.]+(?: \. \d+)?) timeout", block.group(1) if block else ""):
            found.add(element.replace(" . ", ":"))
    return found

def opened_after_rescan():
    """Makes the daemon look for the port, and returns the ports that are open then."""
    rescan()
    return opened()

def eventually(what, condition, limit=TIME_LIMIT):
    """Waits until the condition holds; ends the case with `what` if it does not within `limit` seconds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            fail(f"not within {limit} s: {what}; open ports: {opened()}")
        time.sleep(0.02)

def log(name="log"):
    """The text of a log of this case: the daemon's, or the one named at `launch`."""
    return open(f"{runtime}/{name}").read()

def fail(text):
    """Ends the case with this reason and the daemon's log."""
    print(f"{CASE}: {text}\n{log()}")
    sys.exit(1)

def check(condition, text):
    """Ends the case with this text unless the condition holds."""
    if not condition: fail(text)

def teredowall(*words):
    """Runs the command on the host with the daemon, and returns its result, also if the command fails."""
    words = [PROGRAMS + "/teredowall", "--runtime-directory", runtime, *words]
    return subprocess.run(["ip", "netns", "exec", hosts[0], *words], capture_output=True, text=True)

def rescan():
    """Makes the daemon look for the client and at the firewall at once; the case fails if that fails."""
    answer = teredowall("rescan")
    check(answer.returncode == 0, f"rescan: {answer.stderr}")

def status(*words):
    """Returns the output of `status`; its exit status is not 0 while a port is not opened."""
    return teredowall("status", *words).stdout

def times_logged(text):
    """The number of times that the log has this text."""
    return log().count(text)

def ruleset(*options):
    """The ruleset of the host with the daemon, as nft lists it with these options."""
    return run("nft", *options, "list", "ruleset", host=hosts[0])

def configure(text):
    """Writes the configuration file, which the daemon reads at its start and on SIGHUP."""
    with open(runtime + "/toml", "w") as file: file.write(text)

def launch(directory=None, name="log", host=None, words=(), **options):
    """Starts a daemon, under the command `words` if there is one; its log is the file of that name."""
    with open(f"{runtime}/{name}", "w") as file:
        return subprocess.Popen(
            ["ip", "netns", "exec", host or hosts[0], *words, PROGRAMS + "/teredowalld", "--config", runtime + "/toml",
             "--runtime-directory", directory or runtime], stderr=file, **options)

def await_rules(limit=TIME_LIMIT):
    """Waits until a new daemon has added the standing rules."""
    eventually("the standing rules", lambda: "teredowall-ports" in ruleset(), limit)

def end(process):
    """Ends a daemon and returns its exit status."""
    process.terminate()
    try:
        return process.wait(TIME_LIMIT)
    except subprocess.TimeoutExpired:
        fail("the daemon does not end")

def thread_id(daemon, name):
    """The ID of the thread with this name. Skips the main thread, which has the daemon's name and only waits."""
    for task in os.listdir(f"/proc/{daemon.pid}/task"):
        if open(f"/proc/{daemon.pid}/task/{task}/comm").read().strip() == name and task != str(daemon.pid): return task
    fail(f"no thread {name}")

def inject(task, *faults):
    """Makes system calls of one thread fail from now on, and returns strace's process once it is attached.

    Each fault has the form of strace's option inject. The log "trace" marks the calls that failed with "(INJECTED)".
    """
    words = ["strace", "-qq", "-o", runtime + "/trace", "-p", task]
    for fault in faults: words += ["-e", f"inject={fault}"]
    tracer = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    def is_there():
        try:
            return "TracerPid:\t0" not in open(f"/proc/{task}/status").read()
        except FileNotFoundError:
            # strace was attached, and the injected fault has ended the process.
            return True
    eventually("strace is there", is_there)
    return tracer

def limit_descriptors(daemon, spare):
    """Lets the daemon open only `spare` more descriptors; None removes the limit."""
    unlimited = 4096
    used = [int(name) for name in os.listdir(f"/proc/{daemon.pid}/fd")]
    free = [number for number in range(unlimited) if number not in used]
    # The limit is the lowest number that the daemon may not use.
    run("prlimit", "--pid", str(daemon.pid), f"--nofile={unlimited if spare is None else free[spare]}:{unlimited}")

def run_case(cases, configurations={}, before={}):
    """Runs the case on two hosts with a daemon, which must leave nothing when it ends.

    `cases` has the functions of the cases by name. `configurations` and `before` have, for some cases, the daemon's
    configuration and a function to call before its start. A case that returns True has ended the daemon itself.
    """
    for host in hosts: run("ip", "netns", "add", host)
    daemon = None
    try:
        run("ip", "link", "add", "eth0", "netns", hosts[0], "type", "veth", "peer", "name", "eth0", "netns", hosts[1])
        for host, addresses in ((hosts[0], (HERE, ALSO_HERE)), (hosts[1], (THERE,))):
            run("ip", "-n", host, "link", "set", "lo", "up")
            for address in addresses: run("ip", "-n", host, "addr", "add", address + "/24", "dev", "eth0")
            run("ip", "-n", host, "link", "set", "eth0", "up")
        run("nft", "-f", "-", input=RULES, host=hosts[0])
        configure(configurations.get(CASE, ""))
        enter(hosts[0])
        before.get(CASE, lambda: None)()
        daemon = launch()
        await_rules()
        has_ended = cases[CASE](*([daemon] if cases[CASE].__code__.co_argcount else []))
        if not has_ended: check(end(daemon) == 0, f"the daemon ended with {daemon.returncode}")
        check("teredowall" not in ruleset(), "something is left")
    finally:
        if daemon and daemon.poll() is None: daemon.kill()
        for host in hosts: run("ip", "netns", "del", host)
