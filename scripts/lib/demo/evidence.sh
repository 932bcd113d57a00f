# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The actions and observations of the demonstration. Every figure is read from the kernel or from a client. To be
# sourced.

ruleset() { lab_run host nft -s list ruleset; }

# listing 'KIND FAMILY TABLE NAME': shows a chain or set as nft lists it, without the lines of its table.
listing() {
    # shellcheck disable=SC2086 # several words for nft
    lab_run host nft list $1 | sed -e '1d;$d' -e 's/^\t//' -e 's/\t/    /g' | show "nft list $1"
}

printed_lines=0
has_new_lines() { (($(wc -l <"$lab/teredowalld.log") > printed_lines)); }

# log: waits for a new line in the log of teredowalld, and prints the lines since the last call.
log() {
    lab_await 5 'a line in the log of teredowalld' has_new_lines
    tail -n +$((printed_lines + 1)) "$lab/teredowalld.log" | show 'log of teredowalld'
    printed_lines=$(wc -l <"$lab/teredowalld.log")
}

# qualified HOST...: whether the clients of these hosts have a Teredo address.
qualified() {
    local name
    for name; do [[ -n $(lab_address_of "$name") ]] || return 1; done
}

jump_present() { [[ $(ruleset) == *'jump teredowall-output'* ]]; }

# client_port: the port of the client's socket, as ss prints it.
client_port() {
    lab_run host ss -Huanp state unconnected | sed -n 's/.*:\([0-9]*\) .*(("miredo",.*/\1/p'
}

# open_is PORT: whether the first element of the set of open ports is PORT; with '' whether the set is empty.
open_is() {
    [[ $(lab_run host nft list set inet filter teredowall-ports |
        sed -n 's/.*elements = { *\([0-9, a-z]*\) .*/\1/p' | sed 's/ .*//') == "$1" ]]
}

# follows_client: whether the client's port is the open one.
follows_client() {
    local port
    port=$(client_port)
    [[ -n $port ]] && open_is "$port"
}

# The client has a main process, and a worker as its child, which has the socket.
signal_client() { kill "-$1" "$(<"$lab/host.pid")"; }
# shellcheck disable=SC2046 # one word per process
kill_worker() { kill -KILL $(<"/proc/$(<"$lab/host.pid")/task/$(<"$lab/host.pid")/children"); }

# moved_from PORT: whether the client's port is the open one, and PORT is not.
moved_from() { follows_client && ! open_is "$1"; }

# move_by DESCRIPTION COMMAND...: runs the command, after which the client has another port, waits until that is the open
# one, and shows the set of open ports and the log.
move_by() {
    local old start description=$1
    shift
    old=$(client_port)
    start=$(now)
    "$@"
    lab_await 10 'the port to move' moved_from "$old"
    proof "$description: port $old closed, port $(client_port) open, $(since "$start") later" follows_client
    listing 'set inet filter teredowall-ports'
    log
}

# flush_and_ping: pings `host`, which has teredowall, and `other`, which does not, before and after a flush of connection
# tracking. Both must answer before it, so that only the flush can be the cause of a loss. Sets flushed to the time of the
# flush.
flush_and_ping() {
    local name ping pings=()
    for name in host other; do
        lab_run peer ping -6 -q -c 3 -i 0.2 "$(lab_address_of "$name")" >/dev/null
    done
    for name in host other; do lab_run "$name" conntrack -F 2>/dev/null; done
    flushed=$(now)
    for name in host other; do
        lab_run peer ping -6 -q -c 20 -i 0.1 -W 1 "$(lab_address_of "$name")" >"$lab/$name.ping" &
        pings+=($!)
    done
    # The status of ping is 1 if no ping was answered.
    for ping in "${pings[@]}"; do wait "$ping" || (($? == 1)); done
    # Pings until the first answer, 60 s at most.
    lab_run peer ping -6 -q -c 1 -w 60 "$(lab_address_of other)" >/dev/null &
    ping_until_answer=$!
}

# answers HOST: prints how many pings of flush_and_ping the host answered after the flush.
answers() { sed -n 's/\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\2 of \1 answered/p' "$lab/$1.ping"; }

# await_other: waits until `other` answers a ping again, and sets outage to the time since the flush.
await_other() {
    wait "$ping_until_answer"
    outage=$(since "$flushed")
}
