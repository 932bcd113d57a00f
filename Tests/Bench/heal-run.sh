# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions that run a daemon with a socket as its client, and measure how long it takes to repair its rules. To be sourced
# after common.sh on a host of hold-*.sh; needs root. $percent scales the number of rounds.

# times COUNT: prints $percent percent of COUNT, rounded up.
times() { echo $((($1 * percent + 99) / 100)); }

# in_force: whether the exceptions are in force, as heal_measure asks, in the table of rules/hosts/strict.nft. Scripts for other
# hosts define it anew.
in_force() { [[ $(nft list chain inet filter teredowall-input) == *accept* ]]; }

# heal_start PROGRAMS: starts the daemon, and a program of the user `daemon` that has a socket like the Teredo
# client's. Sets $daemon (its process), $port (of the socket), $work (the folder of temporary files) and $events (the
# file with the events of the measurements).
heal_start() {
    local programs=$1
    work=$(mktemp -d) port=41000 plain_process=
    events=$work/events
    # A long lease, so that no renewal disturbs a measurement.
    printf '[client]\nuser = "daemon"\n[firewall]\nlease = "24h"\n' >"$work/teredowall.toml"
    setpriv --reuid daemon --regid daemon --clear-groups /usr/bin/python3 -c \
        'import socket, sys; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("", int(sys.argv[1]))); sys.stdin.read()' \
        "$port" < <(exec sleep infinity) &
    until [[ $(ss -Huanl) == *":$port "* ]]; do sleep 0.05; done
    # Made here, because the background process may make it only after the first look at it below.
    : >"$work/log"
    # With the priority that teredowalld.service sets. On a busy machine, HEAL_PRIORITY='chrt --fifo 2' gives the daemon the
    # processor before all other load.
    ${HEAL_PRIORITY:-nice -n -10} "$programs/teredowalld" --config "$work/teredowall.toml" \
        --runtime-directory "$work/run" >"$work/log" 2>&1 &
    daemon=$!
    until grep -q "UDP port $port" "$work/log"; do
        [[ -e /proc/$daemon ]] || die "the daemon ended: $(<"$work/log")"
        sleep 0.05
    done
}

# heal_listen COMMAND...: appends the output of COMMAND, in whole lines, to $events from now on. Its real-time priority
# makes its timestamps exact.
heal_listen() {
    chrt --fifo 1 stdbuf --output=L "$@" >>"$events" &
    # COMMAND prints nothing when it has begun to listen.
    sleep 0.5
}

# heal_beside TOOLS FAMILY TABLE CHAIN nft|iptables: from now on each measurement is repeated with restore-times, a
# minimal program that puts a rule back. While the daemon is measured, restore-times is stopped (SIGSTOP), and vice versa.
heal_beside() {
    local tools=$1
    shift
    ${HEAL_PRIORITY:-nice -n -10} "$tools/restore-times" "$@" < <(exec sleep infinity) &
    plain_process=$!
    kill -STOP "$plain_process"
}

# heal_stop: ends the daemon and the other processes, prints the measurements as JSON members, and removes the temporary
# files. Fails if the daemon delayed repairs or failed.
heal_stop() {
    ! grep -q 'put back more slowly\|cannot' "$work/log" || die "the daemon delayed repairs or failed: $(tail -n 5 "$work/log")"
    # A stopped process does not end before it continues.
    [[ ! $plain_process ]] || kill -CONT "$plain_process"
    kill "$daemon"
    wait "$daemon" || die "the daemon failed: $(<"$work/log")"
    awk -f Tests/Bench/heal.awk "$events"
    # shellcheck disable=SC2046 # one word for each process
    kill $(jobs -p) 2>/dev/null || true
    wait || true
    rm -rf "$work"
}

# heal_measure WHAT COUNT COMMAND...: runs COMMAND COUNT times and lets the daemon repair its rules, without exceeding
# its budget of repairs (HealBudget.swift). After heal_beside, each run is repeated with restore-times in the daemon's place.
heal_measure() {
    local what=$1 count=$2 i heals
    shift 2
    echo "$what, $count times …" >&2
    for ((i = 0; i < count; i++)); do
        # Longer than for restore-times: the daemon may first wait for 0.2 s without commits.
        heal_once "$what teredowalld" 0.7 "$@"
        heal_await "$what"
        echo over >>"$events"
        heals=$(awk '$1 == "run" { n = 0 } $1 == "commit" && $4 == "teredowalld" { n++ } END { print n + 0 }' "$events")
        # A second for each repair, so that the budget is not used up.
        ((heals == 0)) || sleep "$heals"
        [[ $plain_process ]] || continue
        kill -STOP "$daemon"
        kill -CONT "$plain_process"
        # restore-times first handles the events that arrived while it was stopped.
        sleep 0.2
        heal_once "${what}_plain restore-times" 0.3 "$@"
        echo over >>"$events"
        kill -STOP "$plain_process"
        kill -CONT "$daemon"
        heal_await "$what"
        sleep 1
    done
}

# heal_once LINE PAUSE COMMAND...: runs COMMAND once, after a line "run LINE" in $events, and waits PAUSE seconds for
# repairs. LINE is "WHAT HEALER", for heal.awk.
heal_once() {
    local line=$1 pause=$2
    shift 2
    echo "run $line" >>"$events"
    "$@" >/dev/null 2>>"$work/commands" || die "${line% *} failed: $(tail -n 3 "$work/commands")"
    sleep "$pause"
}

# heal_await WHAT: waits until the exceptions are back, and fails after 4 s. WHAT names the measurement in the message.
heal_await() {
    local i
    for ((i = 0; i < 80; i++)); do
        ! in_force || return 0
        sleep 0.05
    done
    die "after $1 the exception is not back: $(tail -n 5 "$work/log")"
}
