#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# busy-host.sh PROGRAMS: adds an element to a set every 0.2 s during three leases of 15 s: on one host to the set `aside`,
# which no rule uses, on another to the set `services`, on which the place of the exceptions depends. Fails if teredowalld
# counts a heal, logs anything after its start, or lets a lease run down to less than a third. Needs root, nftables and
# Python; installs nothing. Takes about 50 s.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"

# With --set SET, runs on one host with that set; the script calls itself so for both.
[[ ${1:-} && $1 != -* ]] || misuse "${1:+unknown argument $1; }needs the folder of the programs"
programs=$(readlink -f "$(from_caller "$1")") set=
if [[ ${2:-} == --set ]]; then set=$3; else no_more_arguments "${@:2}"; fi
begin 'to be run as root' '' 'about 50 s'
lease=15 port=40123 # lease in seconds

if [[ ! $set ]]; then
    for set in aside services; do
        unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc -- bash Tests/Neighbour/busy-host.sh "$programs" --set "$set" &
    done
    failed=0
    for _ in 1 2; do wait -n || failed=1; done
    exit $failed
fi

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
ip link set lo up
ip link add eth0 type veth peer name far
ip address add 10.64.0.1/24 dev eth0
ip link set far up
ip link set eth0 up
nft -f - <<'END'
table inet filter {
    set services { type inet_service; elements = { 22 }; }
    set aside { type inet_service; }
    chain input { type filter hook input priority filter; policy drop; iif lo accept; tcp dport @services accept; }
}
END
printf '[client]\nuser = "daemon"\n[firewall]\nlease = "%ds"\n' "$lease" >"$work/teredowall.toml"
setpriv --reuid daemon --regid daemon --clear-groups /usr/bin/python3 -c "
import socket, time
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', $port)); time.sleep(600)" &
# Made here, because the background process may make it only after the first look at it below.
: >"$work/log"
"$programs/teredowalld" --config "$work/teredowall.toml" --runtime-directory "$work/run" 2>"$work/log" &
daemon=$!
# Two threads log these lines, in any order.
until grep -q "opened UDP port" "$work/log" && grep -q following "$work/log"; do
    [[ -e /proc/$daemon ]] || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
done
log_before=$(<"$work/log")

# remaining_ms: prints the time in milliseconds until the element of the port expires; 0 if there is no such element.
remaining_ms() {
    local text='' number unit sum=0
    text=$(nft list set inet filter teredowall-ports)
    [[ $text =~ expires\ ([0-9a-z]+) ]] || { echo 0; return; }
    text=${BASH_REMATCH[1]}
    while [[ $text =~ ^([0-9]+)(m|s|ms)(.*)$ ]]; do
        number=${BASH_REMATCH[1]} unit=${BASH_REMATCH[2]} text=${BASH_REMATCH[3]}
        # Of "ms" the regular expression may match only "m".
        if [[ $unit == m && $text == s* ]]; then unit=ms text=${text#s}; fi
        case $unit in m) sum=$((sum + number * 60000)) ;; s) sum=$((sum + number * 1000)) ;; ms) sum=$((sum + number)) ;; esac
    done
    echo "$sum"
}

least=$((lease * 1000))
# Five additions in each second of three leases.
for ((i = 0; i < 3 * lease * 5; i++)); do
    nft add element inet filter "$set" "{ $((1000 + i)) }"
    now=$(remaining_ms)
    ((now >= least)) || least=$now
    sleep 0.2
done
status=0
((least >= lease * 1000 / 3)) || complain "$set: only $least ms of a lease of $lease s were left"
[[ $(<"$work/log") == "$log_before" ]] || complain "$set: teredowalld logged something after its start: $(<"$work/log")"
heals=$("$programs/teredowall" --runtime-directory "$work/run" metrics | awk '/^teredowall_heals/ { n += $2 } END { print n + 0 }')
((heals == 0)) || complain "$set: $heals heals were counted"
kill "$daemon"
wait "$daemon" || complain "$set: teredowalld ended with status $?"
((status)) || echo "$set: $least ms of $lease s were left at least, no heal, nothing logged"
exit $status
