#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""one_daemon.py DIRECTORY-OF-PROGRAMS CASE: cases in which other users' programs must neither prevent the one daemon of a
network namespace nor lead to a second one.

Exit status 0: the case passes; otherwise prints what was observed. See stage.py.
"""
import os, socket, subprocess

from stage import *

NAME = "\0teredowall"
# Exit statuses: of the daemon, another instance runs; of `teredowall status`, there is a problem, or a row is not served.
ANOTHER_INSTANCE, UNSERVED = 75, 5
# What programs of another user that hold the daemon's abstract socket name do with connections. iter(int, 1) has no end.
NAME_HOLDERS = {
    "never accepts": "listener.listen(64)",
    "full queue": """listener.listen(0)
try:
    while True:
        one = socket.socket(socket.AF_UNIX); one.setblocking(False); one.connect(name); waiting.append(one)
except BlockingIOError: pass""",
    "accepts": """listener.listen(64)
threading.Thread(target=lambda: [listener.accept()[0].close() for _ in iter(int, 1)], daemon=True).start()""",
}

def hold_name(manner):
    """Starts a process of the user nobody that holds the name before the daemon starts."""
    program = f"""import socket, threading
name, waiting = {NAME!r}, []
listener = socket.socket(socket.AF_UNIX)
listener.bind(name)
{NAME_HOLDERS[manner]}
print("holding", flush=True)
threading.Event().wait()"""
    words = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "python3", "-c", program]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    check(process.stdout.readline() == "holding\n", "the user nobody could not take the name")
    name_holders.append(process)

name_holders = []

def beside_a_name_holder(words):
    """Makes a case: another user's process holds the name, which is logged with `words`, and still only one daemon runs."""
    def there_is_no_second_daemon(daemon):
        check(times_logged(words) == 1, f"not logged: {words}")
        client_socket = UDP(CLIENT, "0.0.0.0")
        eventually("open", lambda: opened() == {str(client_socket.port)})
        other = runtime + "/other"
        for directory, reason in ((runtime, "another teredowalld"), (other, "another teredowalld (pid")):
            second = launch(directory, "second")
            check(second.wait(TIME_LIMIT) == ANOTHER_INSTANCE, f"a second one: {second.returncode}, {log('second')}")
            check(reason in log("second"), f"the second one logs {log('second')}")
        check(opened() == {str(client_socket.port)}, "the second one has closed the port")
        check(teredowall("cleanup", "--leftovers").stdout == "nothing to remove\n", "leftovers of a running daemon")
        check(opened() == {str(client_socket.port)} and daemon.poll() is None, "--leftovers changed a running daemon")
        answer = teredowall("cleanup")
        # The daemon must have ended when cleanup returns, so that it puts nothing back afterwards.
        check(daemon.poll() == 0, f"the daemon runs after cleanup, or failed: {daemon.poll()}")
        check(answer.returncode == 0 and "ended teredowalld" in answer.stdout, f"{answer}")
        check("teredowall" not in ruleset(), "cleanup left something")
        for process in name_holders: process.kill()
        return True
    return there_is_no_second_daemon

no_second_daemon_beside_a_name_holder_that_never_accepts = beside_a_name_holder("of user 65534, not root, holds the name")
no_second_daemon_beside_a_name_holder_with_a_full_queue = beside_a_name_holder("does not answer: ignored")
no_second_daemon_beside_a_name_holder_that_accepts = beside_a_name_holder("of user 65534, not root, holds the name")

impostors = []

def run_su_by_the_daemons_name():
    """The kernel names a process after the file by which it was called: here after a link that another user has made."""
    link = runtime + "/teredowalld"
    os.chmod(runtime, 0o755)
    os.symlink("/usr/bin/su", link)
    words = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", link]
    impostor = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(b"Password" in impostor.stdout.read(8), "su does not wait for the password")
    process = f"/proc/{impostor.pid}"
    check((open(process + "/comm").read(), os.stat(process).st_uid) == ("teredowalld\n", ROOT), "su has another name or user")
    impostors.append(impostor)

def a_set_user_id_program_with_the_daemons_name_is_no_daemon(daemon):
    answer = teredowall("cleanup")
    check(answer.returncode == 0 and daemon.poll() == 0, f"cleanup: {answer}, daemon: {daemon.poll()}")
    for impostor in impostors:
        check(impostor.poll() is None, "cleanup has ended another program, or su ended by itself")
        impostor.kill()
    return True

def a_runtime_directory_has_one_daemon(daemon):
    """Also for daemons of two network namespaces, since each namespace has its own abstract socket names."""
    lock = os.stat(runtime + "/lock")
    check((lock.st_uid, lock.st_mode & 0o777) == (ROOT, 0o600), f"another user can take the lock: {lock}")
    second = launch(name="second", host=hosts[1])
    check(second.wait(TIME_LIMIT) == ANOTHER_INSTANCE, f"a second one ended with {second.returncode}: {log('second')}")
    check(f"another teredowalld has the runtime directory {runtime}" in log("second"), log("second"))
    check("teredowall" not in run("nft", "list", "ruleset", host=hosts[1]), "the second one has changed its host")
    check(teredowall("status", "--json").returncode in (0, UNSERVED), "the first one's socket is gone")
    # The lock file of a killed daemon does not prevent a new one from starting.
    daemon.kill(); daemon.wait()
    check(os.path.exists(runtime + "/lock"), "the case proves nothing: the lock file was removed with the daemon")
    third = launch(name="third")
    eventually("the third one serves", lambda: "standing rules in" in log("third"))
    check(end(third) == 0, log("third"))
    check(not os.path.exists(runtime + "/lock"), "the lock is left")
    return True

run_case(
    globals(),
    before={
        "no_second_daemon_beside_a_name_holder_that_never_accepts": lambda: hold_name("never accepts"),
        "no_second_daemon_beside_a_name_holder_with_a_full_queue": lambda: hold_name("full queue"),
        "no_second_daemon_beside_a_name_holder_that_accepts": lambda: hold_name("accepts"),
        "a_set_user_id_program_with_the_daemons_name_is_no_daemon": run_su_by_the_daemons_name
    })
