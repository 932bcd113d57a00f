#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# refresh-cost.sh PROGRAMS TOOLS PERCENT: measures a change of the port and a renewal of the lease in a table of nft and in
# one of iptables, each alternately with no and with 50 000 foreign rules in the table. Prints JSON members. Runs on a host
# of hold-iptables.sh, as root. PERCENT scales the number of rounds.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Bench/many-rules.sh
tools=$2 percent=$3
samples=$(mktemp -d)
trap 'rm -rf "$samples"' EXIT

# declare_nft COUNT, declare_iptables COUNT: replace the ruleset by one that denies by default, with COUNT foreign rules in
# an unreachable chain.
declare_nft() { strict_host foreign "$1"; }
declare_iptables() {
    nft flush ruleset
    {
        echo '*filter'
        echo ':INPUT DROP [0:0]'
        echo ':FORWARD ACCEPT [0:0]'
        echo ':OUTPUT DROP [0:0]'
        echo ':foreign - [0:0]'
        awk -v count="$1" \
            'BEGIN { for (i = 0; i < count; i++) print "-A foreign -p tcp -m tcp --dport " 1 + i % 65000 " -j ACCEPT" }'
        echo COMMIT
    } | iptables-restore
}

rounds=$(((5 * percent + 99) / 100)) # PERCENT of 5, rounded up
for kind in nft iptables; do
    for ((round = 0; round < rounds; round++)); do
        for count in 0 50000; do
            "declare_$kind" "$count"
            # 20 changes or renewals, one every 50 ms.
            for what in port lease; do "$tools/refreshbench" 20 50000 "$what" >>"$samples/${kind}_${what}_$count"; done
        done
    done
    for what in port lease; do
        for count in 0 50000; do
            sort -n "$samples/${kind}_${what}_$count" | awk -v name="refresh_${kind}_${what}_$count" '{ v[NR] = $1 }
                END { printf "\"%s_median_us\": %.1f,\n\"%s_worst_us\": %.1f,\n", name, v[int((NR + 1) / 2)] / 1000, name, v[NR] / 1000 }'
        done
    done
done
