#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks that a socket of the client's user, bound to a loopback address or shared by SO_REUSEADDR, does not open the
# sockets of other programs at the same port. Needs root, nftables, python3 and the user miredo. Usage: steal.sh
# DIRECTORY-OF-PROGRAMS
set -eu
bin=$1 n=steal-$$ rt=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; wait; ip netns del $n-h; ip netns del $n-o; rm -rf $rt' EXIT
ip netns add $n-h; ip netns add $n-o; ip link add eth0 netns $n-h type veth peer name eth0 netns $n-o
for i in h:1 o:2; do ip -n $n-${i%:*} link set lo up; ip -n $n-${i%:*} addr add 10.9.0.${i#*:}/24 dev eth0; ip -n $n-${i%:*} link set eth0 up; done
ip netns exec $n-h nft -f - <<'N'
table inet filter {
  chain input { type filter hook input priority filter; policy drop;
    iif lo accept
    ct state established,related accept
  }
}
N
ip netns exec $n-h "$bin/teredowalld" --runtime-directory "$rt" 2>"$rt/log" & sleep 1
ip netns exec $n-h python3 - "$bin" "$rt" $n-o <<'P'
import os, pwd, socket, subprocess, sys, time
uid = pwd.getpwnam('miredo').pw_uid
def udp(user, address, port, reuse=False):
    os.seteuid(user); s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); os.seteuid(0)
    if reuse: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port)); s.settimeout(.5); return s
victims = [udp(0, '10.9.0.1', 5300), udp(65534, '0.0.0.0', 5353, True)]
mine = [udp(uid, '127.0.0.9', 5300), udp(uid, '127.0.0.9', 5353, True)]
subprocess.run([sys.argv[1] + '/teredowall', '--runtime-directory', sys.argv[2], 'rescan']); time.sleep(.3)
failed = 0
for s in victims:
    port = s.getsockname()[1]
    subprocess.run(['ip', 'netns', 'exec', sys.argv[3], 'python3', '-c', f'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.9.0.1", {port}))'])
    try: s.recv(9); print(f'{s.getsockname()}: reached from outside'); failed = 1
    except TimeoutError: print(f'{s.getsockname()}: not reached')
sys.exit(failed)
P
