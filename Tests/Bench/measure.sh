#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# measure.sh PROGRAMS TOOLS RELOADS: measures teredowalld in a lab with a real client; prints JSON members.
# As root. PROGRAMS is the folder of the release build, TOOLS that of what Tests/Bench is built into.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/lab.sh
programs=$1 tools=$2 reloads=$3
[[ ${4:-} == --inside ]] || lab_enter bash "$0" "$@" --inside
trap 'exit 130' INT TERM
trap 'status=$?; ((status == 0)) || tail -n 20 "$lab"/*.log >&2; exit $status' EXIT

lab_up host
lab_run host nft -f rules/hosts/strict.nft
lab_start rule-times host "$tools/rule-times"
lab_start teredowalld host "$programs/teredowalld" --runtime-directory /run/teredowall
jump_present() { [[ $(lab_run host nft list ruleset) == *'jump teredowall-output'* ]]; }
lab_await 10 'the standing rules' jump_present
daemon=$(<"$lab/teredowalld.main")
lab_start host host env LD_PRELOAD="$tools/client-times.so" CLIENT_TIMES="$lab/client-times" \
    miredo -f -c "$lab/host.conf" -p "$lab/host.pid"
qualified() { [[ -n $(lab_address_of host) ]]; }
lab_await 10 qualification qualified

# The client qualifies within 0.1 s of a reload; the rest of the time the machine is idle, as it is in life.
echo "Reloading the client $reloads times …" >&2
for ((i = 0; i < reloads; i++)); do
    kill -HUP "$(<"$lab/host.pid")"
    sleep 0.3
done
lab_await 10 qualification qualified
tail -c +65 "$lab/client-times" | tr -d '\0' >"$lab/client"
# What nobody had to wait for is not counted: a port that is open or closed at the end of the run.
awk -v reloads="$reloads" -f Tests/Bench/latencies.awk "$lab/client" "$lab/rule-times.log"

status() { awk -v name="$1:" '$1 == name { print $2 * 1024 }' "/proc/$daemon/status"; }
# Per thread, as threads come and go: those of the reloads are left to end first.
switches() { awk '$1 == "Pid:" { id = $2 } $1 == "voluntary_ctxt_switches:" { print id, $2 }' /proc/"$daemon"/task/*/status; }
sleep "${SETTLE:-15}"
echo "Watching the daemon for an idle minute …" >&2
switches >"$lab/first"
sleep "${IDLE:-60}"
switches >"$lab/last"
switched=$(awk 'FNR == NR { first[$1] = $2; next } { sum += $2 - first[$1] } END { print sum }' "$lab/first" "$lab/last")
cat <<END
"voluntary_context_switches_per_idle_minute": $switched,
"resident_bytes": $(status VmRSS),
"anonymous_bytes": $(status RssAnon),
"threads": $(awk '$1 == "Threads:" { print $2 }' "/proc/$daemon/status"),
END
