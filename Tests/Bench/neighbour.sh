#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# neighbour.sh PROGRAMS TOOLS PERCENT: measures the daemon's cost of foreign commits, irrelevant and relevant ones (the
# exceptions depend on what these change), on hosts with few and many chains. Prints JSON members. Runs on a host of
# hold-iptables.sh, as root. PERCENT scales the number of commits.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Bench/heal-run.sh
programs=$1 tools=$2 percent=$3
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# crowded_host CHAINS: a strict host with CHAINS more chains: half of them unreachable chains in its table, half in a
# table without a chain at input.
crowded_host() {
    nft flush ruleset
    nft -f rules/hosts/strict.nft
    awk -v count="$1" '
        function chains(from, to,    i) {
            for (i = from; i < to; i++) print "chain service-" i " { tcp dport " 1 + i % 65000 " counter accept; }"
        }
        BEGIN {
            print "table inet filter { set used { type inet_service; elements = { 8080 }; }"
            print "chain input { tcp dport @used accept; }"; chains(0, count / 2); print "}"
            print "table inet services { set addresses { type ipv4_addr; }"; chains(count / 2, count)
            print "chain prerouting { type nat hook prerouting priority dstnat; }; }"
        }' | nft -f -
}

# processor: prints the processor time of the daemon until now, in nanoseconds.
processor() { awk '{ sum += $1 } END { printf "%.0f\n", sum }' /proc/"$daemon"/task/*/schedstat; }

# share NAME DIVISOR COMMAND...: prints as the member NAME the daemon's processor time in nanoseconds while COMMAND runs,
# divided by DIVISOR: the number of commits × 1 000 000 gives milliseconds for each, seconds × 10 000 000 a percentage.
share() {
    local name=$1 divisor=$2 before after
    shift 2
    before=$(processor)
    "$@" >/dev/null
    # The events that still wait in its queue count too.
    sleep 0.2
    after=$(processor)
    awk -v name="$name" -v used=$((after - before)) -v divisor="$divisor" \
        'BEGIN { printf "\"%s\": %.4f,\n", name, used / divisor }'
}

# memory: prints the resident memory of the daemon in kB.
memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$daemon/status"; }

for chains in 10 5000 20000; do
    echo "Commits beside $chains chains …" >&2
    crowded_host "$chains"
    heal_start "$programs"
    # Waits until the start is over, and the complete look 2 s after it.
    sleep 4
    count=$(times 2000)
    share "irrelevant_${chains}_ms" $((count * 1000000)) "$tools/commits" "$count" 1000 services addresses
    count=$(times 20)
    relevant() {
        local i
        for ((i = 0; i < count; i++)); do
            nft add element inet filter used "{ $((20000 + i)) }"
            sleep 0.1
        done
    }
    share "relevant_${chains}_ms" $((count * 1000000)) relevant
    if ((chains == 5000)); then
        seconds=$(times 60)
        share busy_percent $((seconds * 10000000)) "$tools/commits" $((seconds * 100)) 10000 services addresses
        heal_listen "$tools/rule-times"
        sleep 0.5
        "$tools/commits" 0 1000 services addresses &
        busy=$!
        heal_measure among_thousand "$(times 10)" nft flush chain inet filter teredowall-input
        kill "$busy"
    fi
    seconds=5
    # timeout has the status 124 when it ended the command.
    storm() { timeout "$seconds" "$tools/commits" 0 0 services addresses || (($? == 124)); }
    share "storm_${chains}_percent" $((seconds * 10000000)) storm
    in_force || die "the storm took the exceptions away"
    printf '"memory_%d_kb": %d,\n' "$chains" "$(memory)"
    # heal_stop reads the file, which does not exist unless heal_listen was called above.
    touch "$events"
    heal_stop
done
