# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a case on a host that denies by default, with teredowalld as built, beside a second host that sends packets.

hostile.py and sockets.py import this module. A case is one of their functions, without an argument or with `daemon`, the
daemon's process. `hostile.py DIRECTORY-OF-PROGRAMS CASE` runs a case, as root in a mount namespace of its own: each module
ends with a call of `run_case`. Sockets of the user miredo stand for the client. Cases wait for events; they sleep only to
observe that nothing happens.
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
PATIENCE = 20  # the time limit, in seconds, for events that a case expects
libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNET = 0x40000000

def run(*words, host=None, **options):
    inside = ["ip", "netns", "exec", host] if host else []
    return subprocess.run([*inside, *words], check=True, capture_output=True, text=True, **options).stdout

def enter(host):
    """Moves this process to the network namespace of the host."""
    descriptor = os.open(f"/run/netns/{host}", os.O_RDONLY)
    libc.setns(descriptor, CLONE_NEWNET)
    os.close(descriptor)

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
        self.settimeout(PATIENCE)
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
        self.settimeout(PATIENCE)
        return not has_received

def send_from_there(port, to=HERE, source=None):
    """Sends a packet from the other host, by the socket `source` or a new one, and returns that socket."""
    enter(hosts[1])
    sender = source or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.settimeout(PATIENCE)
    sender.sendto(b"x", (to, port))
    enter(hosts[0])
    return sender

def is_reached(victim, to=HERE):
    send_from_there(victim.port, to)
    return victim.receives()

def is_not_reached(victim, to=HERE):
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

def eventually(what, condition, limit=PATIENCE):
    """Waits until the condition holds, `limit` seconds at most."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            fail(f"never: {what}; open: {opened()}")
        time.sleep(0.02)

def log(name="log"):
    return open(f"{runtime}/{name}").read()

def fail(text):
    print(f"{CASE}: {text}\n{log()}")
    sys.exit(1)

def check(condition, text):
    if not condition: fail(text)

def teredowall(*words):
    words = [PROGRAMS + "/teredowall", "--runtime-directory", runtime, *words]
    return subprocess.run(["ip", "netns", "exec", hosts[0], *words], capture_output=True, text=True)

def rescan():
    answer = teredowall("rescan")
    check(answer.returncode == 0, f"rescan: {answer.stderr}")

def status(*words):
    """Returns the output of `status`; its exit status is not 0 while a port is not opened."""
    return teredowall("status", *words).stdout

def times_logged(text):
    """The number of times that the log has this text."""
    return log().count(text)

def ruleset(*options):
    return run("nft", *options, "list", "ruleset", host=hosts[0])

def configure(text):
    with open(runtime + "/toml", "w") as file: file.write(text)

def launch(directory=None, name="log", host=None, words=(), **options):
    """Starts a daemon, under the command `words` if there is one; its log is the file of that name."""
    with open(f"{runtime}/{name}", "w") as file:
        return subprocess.Popen(
            ["ip", "netns", "exec", host or hosts[0], *words, PROGRAMS + "/teredowalld", "--config", runtime + "/toml",
             "--runtime-directory", directory or runtime], stderr=file, **options)

def await_rules(limit=PATIENCE):
    eventually("the standing rules", lambda: "teredowall-ports" in ruleset(), limit)

def end(process):
    """Ends a daemon and returns its exit status."""
    process.terminate()
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        fail("the daemon does not end")

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
