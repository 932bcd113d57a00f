#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# measure.sh PROGRAMS TOOLS RELOADS: measures teredowalld in a lab with a real client; prints JSON members.
# Needs root. PROGRAMS is the folder of the release build, TOOLS that of the compiled programs of Tests/Bench. SETTLE
# and IDLE are the seconds of waiting before the idle minute, and those of that minute (75 and 60).
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/lab.sh
. Tests/Bench/client.sh
programs=$1 tools=$2 reloads=$3
[[ ${4:-} == --inside ]] || lab_enter bash "$0" "$@" --inside
trap 'exit 130' INT TERM
trap 'status=$?; ((status == 0)) || tail -n 20 "$lab"/*.log >&2; exit $status' EXIT

lab_up host
lab_run host nft -f rules/hosts/strict.nft
lab_start rule-times host "$tools/rule-times"
jump_present() { [[ $(lab_run host nft list ruleset) == *'jump teredowall-output'* ]]; }
jump_absent() { ! jump_present; }
# status_has TEXT: whether `teredowall status` prints TEXT after a space.
status_has() { [[ $(lab_run host "$programs/teredowall" status) == *" $1"* ]]; }

# start_daemon PROBE: starts the daemon with this value of the configuration key `probe`.
start_daemon() {
    printf '[client]\nprobe = "%s"\n' "$1" >"$lab/teredowalld.toml"
    lab_start teredowalld host "$programs/teredowalld" --config "$lab/teredowalld.toml" \
        --runtime-directory /run/teredowall
    lab_await 10 'the standing rules' jump_present
    daemon=$(<"$lab/teredowalld.main")
}

# follow_client SUFFIX: measures the times from a real client's calls to the changes of the rules, with SUFFIX in the names of
# the figures.
follow_client() {
    rm -f "$lab/client-times"
    local earlier_lines
    earlier_lines=$(wc -l <"$lab/rule-times.log")
    client_start
    client_reload
    tail -n "+$((earlier_lines + 1))" "$lab/rule-times.log" >"$lab/rules"
    grep -v '^send' "$lab/client" | awk -v reloads="$reloads" -v open_name="bind_to_rule$1" \
        -v close_name="close_to_no_rule$1" -f Tests/Bench/latencies.awk - "$lab/rules"
    awk -v name="first_packet$1" -f Tests/Bench/first-packets.awk "$lab/client" "$lab/rules"
}

# follow_binds SUFFIX COUNT MICROSECONDS: measures the same times with a client without a tunnel device, whose port the daemon
# finds only by the kernel's reports of binds: COUNT binds at intervals of MICROSECONDS.
follow_binds() {
    local earlier_lines
    earlier_lines=$(wc -l <"$lab/rule-times.log")
    lab_run host "$tools/bind-times" "$(id -u miredo)" "$2" "$3" >"$lab/binds"
    # Until the last change has been committed and recorded.
    sleep 1
    tail -n "+$((earlier_lines + 1))" "$lab/rule-times.log" >"$lab/rules"
    awk -v reloads="$2" -v open_name="bind_to_rule$1" -v close_name="close_to_no_rule$1" \
        -f Tests/Bench/latencies.awk "$lab/binds" "$lab/rules"
}

stop_client() {
    kill "$(<"$lab/host.pid")"
    client_ended() { [[ ! -e $lab/host.pid ]]; }
    lab_await 10 "the client's end" client_ended
}

echo 'Binding without a daemon, to measure the parts of its time …' >&2
unshare --net "$tools/bindbench" "$reloads"
start_daemon off
status_has 'the kernel does not report binds (switched off)' || die 'the daemon still uses the reports of binds'
follow_client _without_probe
stop_client
kill "$daemon"
lab_await 10 "the daemon's end" jump_absent
start_daemon auto
status_has 'detection   the kernel reports each bind' || die 'the kernel does not report binds here'
follow_binds _without_tunnel 200 100000
follow_binds _burst 200 20000
echo 'Binding beside 10 000 sockets …' >&2
lab_start holder host "$tools/port-cost" hold 10000
held() { [[ -e $lab/holder.log && $(<"$lab/holder.log") == held ]]; }
lab_await 10 '10 000 sockets' held
follow_binds _beside_sockets 200 100000
kill "$(<"$lab/holder.main")"
follow_client ''

# status NAME: prints a size from the daemon's status file in bytes.
status() { awk -v name="$1:" '$1 == name { print $2 * 1024 }' "/proc/$daemon/status"; }
# switches: prints the voluntary context switches of each thread. By thread, because threads may start and end; those that
# reloads started have ended by now.
switches() { awk '$1 == "Pid:" { id = $2 } $1 == "voluntary_ctxt_switches:" { print id, $2 }' /proc/"$daemon"/task/*/status; }
# The idle daemon unmaps the code that only changes need, at the next renewal of the lease.
sleep "${SETTLE:-75}"
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

# Last, because what the daemon stores about so many chains stays in its memory for a while.
echo 'Binding beside 5 000 chains …' >&2
stop_client
{
    echo 'table inet others {'
    for ((i = 0; i < 5000; i++)); do printf 'chain chain%d {\nudp dport %d counter accept\n}\n' $i $((1024 + i)); done
    echo '}'
} >"$lab/chains.nft"
lab_run host nft -f "$lab/chains.nft"
follow_binds _beside_chains 200 100000
