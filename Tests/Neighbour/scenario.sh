#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scenario.sh PROGRAMS with|without PAUSE SCENARIO: runs the commands of the file SCENARIO, one in each line, with PAUSE
# seconds between them, on a new host with the packages of the line "# packages:", with or without teredowalld. Prints
# each command with its status and output, and the final ruleset, all without teredowalld's own rules. With and without
# teredowalld the output must be the same. Prints to standard error whether the exception is in force in the end; with
# SCENARIO_LOG=yes also teredowalld's log. RELEASE=trixie takes the programs from that release of Debian. Needs root. The
# programs are installed with apt, into a private root file system and not into this machine. Takes about a minute.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/private-root.sh

[[ $# -ge 4 && $2 == @(with|without) ]] || misuse "needs PROGRAMS with|without PAUSE SCENARIO, not $*"
[[ ${5:-} == @(|outside|inside) ]] || misuse "unknown argument $5"
programs=$(readlink -f "$(from_caller "$1")") mode=$2 pause=$3 scenario=$(readlink -f "$(from_caller "$4")")

# The packages of the scenario, some of which conflict with those of other scenarios.
# shellcheck disable=SC2207 # one word for each
packages=(iptables $(sed -n 's/^# packages: //p' "$scenario"))
port=40123

# without_teredowall: removes teredowalld's tables, chains, sets and rules from the output of iptables and nft; also handles
# and counters, which may differ, and times and random names that some programs print.
without_teredowall() {
    # skip is 1 inside the table inet teredowall, and 2 inside a chain or set of teredowalld in another table.
    # sed then removes handles, counters, comments and empty lines; the time and process ID of fail2ban's messages; the hash in
    # names of shorewall's chains; the time in names of ufw's backups.
    awk '
        /^table inet teredowall / { skip = 1 }
        /^\t(chain|set) teredowall-/ { skip = 2 }
        skip == 0 && !/teredowall|(dport|sport) ('$port'|3544) .*(meta time|accept)|port="('$port'|3544)"/ { print }
        skip == 1 && /^}/ { skip = 0 }
        skip == 2 && /^\t}/ { skip = 0 }
    ' | sed -E 's/ # handle [0-9]+//; s/\[[0-9]+:[0-9]+\]//; /^#/d; /^$/d
        s/^[0-9-]{10} [0-9:,]{12} ([^ ]+ +)\[[0-9]+\]/\1/; s/(sha-[lr]h-)[0-9a-f]+/\1/; s/(rules\.)[0-9]{8}_[0-9]{6}/\1/'
}

# sorted_blocks: prints each chain, set and map in one line, with its table, and sorts the lines, because the program may
# have made them in another order.
sorted_blocks() {
    awk '
        /^\*|^table / { table = $0 }
        /^\t(chain|set|map) / { block = 1; printf "%s:", table }
        { printf "%s%s", $0, block && !/^\t}/ ? ";" : "\n" }
        /^\t}/ { block = 0 }
    ' | sort
}

# in_force: prints "yes" if the exception is in a table, otherwise "no". The table inet teredowall does not count, because
# its rules alone open nothing.
in_force() {
    # A rule for the port in one line, or a set whose first element is the port.
    local pattern="dport $port [^"$'\n'"]*(meta time|accept)|elements = \\{ $port " others
    others=$(nft list ruleset 2>/dev/null | awk '/^table inet teredowall /{ own = 1 } !own; /^}/{ own = 0 }')
    if [[ $others =~ $pattern ]]; then echo yes; else echo no; fi
}

# The script runs itself twice more: `outside` LAYER BASE_ROOT in the new namespaces, then `inside` the private root.
case ${5:-} in
"")
    begin 'to be run as root' 'the programs of the scenario, outside of this machine' 'about a minute'
    if [[ ${RELEASE:-} ]]; then
        layer='' base_root=$(private_root_release "$RELEASE")
    else
        layer=$(private_root_layer "${packages[@]}") base_root=/
    fi
    private_root_enter bash Tests/Neighbour/scenario.sh "$programs" "$mode" "$pause" "$scenario" outside "$layer" "$base_root"
    ;;
outside)
    mount -t sysfs sysfs /sys
    private_root_mount "$6" /mnt "$7"
    mkdir -p "/mnt/root$programs"
    mount --bind "$programs" "/mnt/root$programs"
    install -D "$scenario" /mnt/root/run/scenario
    exec chroot /mnt/root bash "$PWD/Tests/Neighbour/scenario.sh" "$programs" "$mode" "$pause" /run/scenario inside
    ;;
inside)
    ip link set lo up
    ip netns add peer
    ip link add eth0 type veth peer name eth0 netns peer
    ip address add 10.64.0.1/24 dev eth0
    ip link set eth0 up
    ip -n peer link set eth0 up
    [[ ! -e /etc/default/ufw ]] || sed -i 's/^IPV6=.*/IPV6=no/' /etc/default/ufw
    printf '[client]\nuser = "daemon"\n' >/run/teredowall.toml
    setpriv --reuid daemon --regid daemon --clear-groups /usr/bin/python3 -c "
import socket, time
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', $port)); time.sleep(600)" &
    client=$!
    if [[ $mode == with ]]; then
        # Made here, because the background process may make it only after the first look at it below.
        : >/run/log
        "$programs/teredowalld" --config /run/teredowall.toml --runtime-directory /run/teredowall 2>/run/log &
        daemon=$!
        until grep -q "opened UDP port" /run/log; do
            [[ -e /proc/$daemon ]] || { cat /run/log >&2; exit 1; }
            sleep 0.05
        done
    fi
    while IFS= read -r command; do
        [[ -n $command && $command != "#"* ]] || continue
        status=0
        output=$(bash -c "$command" 2>&1) || status=$?
        printf '%s\nexit %s\n' "$command" "$status"
        without_teredowall <<<"$output"
        sleep "$pause"
    done </run/scenario
    echo "--- in the end"
    (iptables-save 2>/dev/null; nft -s list ruleset) | without_teredowall | sorted_blocks
    if [[ $mode == with ]]; then
        # Waits for pending changes: teredowalld waits at most 2 s for the end of the commits of another program.
        sleep 2.5
        force=$(in_force)
        # A host that denies nothing by default needs no exception. filter_INPUT_ZONES is a chain of firewalld, which denies.
        denial='policy drop|filter_INPUT_ZONES|-A INPUT( -m comment --comment [^ ]*)? -j (DROP|REJECT)'
        [[ $force == yes || $(nft list ruleset 2>/dev/null; iptables -S INPUT 2>/dev/null) =~ $denial ]] || force="not needed"
        echo "in force: $force" >&2
        kill "$daemon"
        wait "$daemon" || { echo "teredowalld ended with status $?" && cat /run/log; }
        [[ $(nft list ruleset 2>/dev/null) != *teredowall* ]] || echo "objects of teredowalld are left"
        [[ ! ${SCENARIO_LOG:-} ]] || cat /run/log >&2
    fi
    kill "$client"
    ;;
esac
