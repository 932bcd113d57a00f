#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# foreign-sockets.sh DIRECTORY-OF-PROGRAMS: checks that a socket of the client's user, bound to a loopback address or
# shared by SO_REUSEADDR, does not open the sockets of other programs at the same port. Prints for each of these sockets
# whether a packet from another host reached it, and fails if one did. Needs root, nftables, python3 and the user miredo.
set -eu
programs=$1
host=sockets-$$-host other_host=sockets-$$-other
runtime=$(mktemp -d)
clean_up() {
    # shellcheck disable=SC2046 # one word for each process
    kill $(jobs -p) 2>/dev/null || true
    wait
    ip netns del "$host"
    ip netns del "$other_host"
    rm -rf "$runtime"
}
trap clean_up EXIT

# connect NAMESPACE ADDRESS: brings up the loopback interface, and eth0 with this address.
connect() {
    ip -n "$1" link set lo up
    ip -n "$1" addr add "$2/24" dev eth0
    ip -n "$1" link set eth0 up
}
ip netns add "$host"
ip netns add "$other_host"
ip link add eth0 netns "$host" type veth peer name eth0 netns "$other_host"
connect "$host" 10.9.0.1
connect "$other_host" 10.9.0.2
ip netns exec "$host" nft -f - <<'END'
table inet filter {
  chain input { type filter hook input priority filter; policy drop;
    iif lo accept
    ct state established,related accept
  }
}
END
# Made here, because the background process may make it only after the first look at it below.
: >"$runtime/log"
ip netns exec "$host" "$programs/teredowalld" --runtime-directory "$runtime" 2>"$runtime/log" &
# Without a daemon every packet would be dropped, and the test would prove nothing. Waits for 20 seconds at most.
for ((tries = 0; tries < 200; tries++)); do
    ! grep -q 'standing rules in' "$runtime/log" || break
    sleep 0.1
done
grep -q 'standing rules in' "$runtime/log" || { cat "$runtime/log" >&2 && exit 1; }
ip netns exec "$host" python3 - "$programs" "$runtime" "$other_host" <<'END'
import os, pwd, socket, subprocess, sys, time

programs, runtime, other_host = sys.argv[1:]
ROOT, NOBODY, CLIENT = 0, 65534, pwd.getpwnam("miredo").pw_uid
SEND = 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.9.0.1", %d))'


def udp_socket(user, address, port, is_shared=False):
    os.seteuid(user)
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    os.seteuid(ROOT)
    if is_shared: made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.settimeout(0.5)  # many times as long as a packet takes
    return made


victims = [udp_socket(ROOT, "10.9.0.1", 5300), udp_socket(NOBODY, "0.0.0.0", 5353, is_shared=True)]
# These stay bound to the ports of the victims while the packets arrive.
sockets_of_client = [udp_socket(CLIENT, "127.0.0.9", 5300), udp_socket(CLIENT, "127.0.0.9", 5353, is_shared=True)]
subprocess.run([programs + "/teredowall", "--runtime-directory", runtime, "rescan"], check=True)
# Time for a daemon that opens a port by mistake.
time.sleep(0.3)
failed = 0
for victim in victims:
    port = victim.getsockname()[1]
    subprocess.run(["ip", "netns", "exec", other_host, "python3", "-c", SEND % port], check=True)
    try:
        victim.recv(9)
        print(f"{victim.getsockname()}: reached from outside")
        failed = 1
    except TimeoutError:
        print(f"{victim.getsockname()}: not reached")
sys.exit(failed)
END
