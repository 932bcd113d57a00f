#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swap.sh SWAPBENCH SWAP-TIMES [ROUNDS]: measures one change of the port in a network namespace of its own; prints
# JSON members. As root. SWAPBENCH changes it with the module Nftables, SWAP-TIMES in plain C, and nft as a separate
# program. They take turns, so that other load affects all of them.
set -euo pipefail
. "$(dirname "$0")/many-rules.sh"
swapbench=$1 plain=$2 rounds=${3:-20}
[[ ${4:-} == --inside ]] || exec unshare --net bash "$0" "$swapbench" "$plain" "$rounds" --inside
samples=$(mktemp -d)
trap 'rm -rf "$samples"' EXIT

declare_table() { # FOREIGN-RULES
    nft flush ruleset
    {
        echo 'table inet bench {'
        echo '    set ports { type inet_service; flags timeout; }'
        echo '    chain ours { udp dport @ports accept; }'
        echo '    chain foreign {'
        many_rules "$1"
        echo '    }'
        echo '}'
    } | nft -f -
}

# The start of the program belongs to the cost.
by_nft() { # COUNT
    local port start end
    for ((port = 2000; port < 2000 + $1; port++)); do
        start=${EPOCHREALTIME/./}
        nft -f - <<<"flush set inet bench ports; add element inet bench ports { $port timeout 3m }"
        end=${EPOCHREALTIME/./}
        echo $(((end - start) * 1000))
    done
}

middle() { sort -n "$samples/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
tail_of() { sort -n "$samples/$1" | awk '{ v[NR] = $1 } END { print v[int(NR * 0.99)] }'; }

declare_table 0
for ((round = 0; round < rounds; round++)); do
    "$plain" 500 0 >>"$samples/plain_hot"
    "$swapbench" 500 0 >>"$samples/hot"
    "$plain" 20 5000 >>"$samples/plain_cold"
    "$swapbench" 20 5000 >>"$samples/cold"
    by_nft 5 >>"$samples/spawned_nft"
done
declare_table 50000
for ((round = 0; round < rounds; round++)); do
    "$swapbench" 500 0 >>"$samples/hot_50000_rules"
    "$swapbench" 20 5000 >>"$samples/cold_50000_rules"
done
for name in plain_hot hot plain_cold cold hot_50000_rules cold_50000_rules spawned_nft; do
    printf '"swap_%s_median_ns": %d,\n"swap_%s_p99_ns": %d,\n' \
        "$name" "$(middle "$name")" "$name" "$(tail_of "$name")"
done
