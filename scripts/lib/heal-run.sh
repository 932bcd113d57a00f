# SPDX-License-Identifier: GPL-2.0-or-later
# A daemon with something to follow, and what is done to its rules. Sourced on a host of hold-*.sh, after
# common.sh; as root.

# times COUNT: that part of it which was asked for.
times() { echo $((($1 * percent + 99) / 100)); }

# heal_start PROGRAMS: starts the daemon, and something of the user `daemon` that has a socket as the Teredo
# client has.
heal_start() {
    local programs=$1
    work=$(mktemp -d) port=41000
    events=$work/events
    # A lease so long that no renewal falls into a measurement.
    printf '[client]\nuser = "daemon"\n[firewall]\nlease = "24h"\n' >"$work/teredowall.toml"
    setpriv --reuid daemon --regid daemon --clear-groups /usr/bin/python3 -c \
        'import socket, sys; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("", int(sys.argv[1]))); sys.stdin.read()' \
        "$port" < <(exec sleep infinity) &
    until [[ $(ss -Huanl) == *":$port "* ]]; do sleep 0.05; done
    # As the unit has it. On a busy machine HEAL_PRIORITY='chrt --fifo 2' shows what it costs by itself.
    ${HEAL_PRIORITY:-nice -n -10} "$programs/teredowalld" --config "$work/teredowall.toml" --runtime-directory "$work/run" >"$work/log" 2>&1 &
    daemon=$!
    until grep -q "UDP port $port" "$work/log"; do
        [[ -e /proc/$daemon ]] || die "the daemon ended: $(<"$work/log")"
        sleep 0.05
    done
}

# heal_listen COMMAND...: what it prints is added to $events. It reads the clock at once, whatever else wants to run.
heal_listen() {
    chrt --fifo 1 stdbuf --output=L "$@" >>"$events" &
    sleep 0.5
}

# heal_stop: ends the daemon, says what was measured, and forgets it.
heal_stop() {
    ! grep -q 'come back more slowly\|cannot' "$work/log" || die "the daemon held back: $(tail -n 5 "$work/log")"
    kill "$daemon"
    wait "$daemon" || die "the daemon failed: $(<"$work/log")"
    awk -f scripts/lib/heal.awk "$events"
    kill $(jobs -p) 2>/dev/null || true
    wait || true
    rm -rf "$work"
}

# heal_measure WHAT COUNT COMMAND...: does it COUNT times and lets the daemon mend, within what it may spend. The
# caller's in_force says whether the exceptions are there.
heal_measure() {
    local what=$1 count=$2 i heals
    shift 2
    echo "$what, $count times …" >&2
    for ((i = 0; i < count; i++)); do
        echo "run $what" >>"$events"
        "$@" >/dev/null 2>>"$work/commands" || die "$what failed: $(tail -n 3 "$work/commands")"
        sleep 0.7
        in_force || { sleep 3; in_force; } || die "after $what the exception is not back: $(tail -n 5 "$work/log")"
        heals=$(sed -n '/^run /{h;d};H;${x;p}' "$events" | grep -c ' teredowalld$' || true)
        ((heals == 0)) || sleep "$heals"
    done
}
