#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swap.sh SWAPBENCH SWAP-TIMES [ROUNDS]: measures one change of the port in a network namespace of its own; prints
# JSON members. Needs root. The programs SWAPBENCH (with the module Nftables) and SWAP-TIMES (in plain C) and nft take
# turns in each of ROUNDS (20 by default) rounds, so that other load affects all of them.
set -euo pipefail
. "$(dirname "$0")/many-rules.sh"
swapbench=$1 plain=$2 rounds=${3:-20}
[[ ${4:-} == --inside ]] || exec unshare --net bash "$0" "$swapbench" "$plain" "$rounds" --inside
samples=$(mktemp -d)
trap 'rm -rf "$samples"' EXIT

# declare_table COUNT: makes the table with the set, and COUNT foreign rules in it.
declare_table() {
    nft flush ruleset
    {
        echo 'table inet bench {'
        echo '    set ports { type inet_service; flags timeout; }'
        echo '    chain exceptions { udp dport @ports accept; }'
        echo '    chain foreign {'
        many_rules "$1"
        echo '    }'
        echo '}'
    } | nft -f -
}

# by_nft COUNT: changes the port COUNT times by nft, and prints the nanoseconds of each, which include the start of nft.
by_nft() {
    local port start end
    # EPOCHREALTIME without its decimal point or comma is the time in microseconds.
    for ((port = 2000; port < 2000 + $1; port++)); do
        start=${EPOCHREALTIME//[.,]/}
        nft -f - <<<"flush set inet bench ports; add element inet bench ports { $port timeout 3m }"
        end=${EPOCHREALTIME//[.,]/}
        echo $(((end - start) * 1000))
    done
}

# median NAME, percentile_99 NAME: print these values of the samples of that name; README.md defines the percentile.
median() { sort -n "$samples/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
percentile_99() { sort -n "$samples/$1" | awk '{ v[NR] = $1 } END { print v[int((NR * 99 + 99) / 100)] }'; }

# "hot" is back to back, "cold" a change every 5 ms, with cold caches.
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
        "$name" "$(median "$name")" "$name" "$(percentile_99 "$name")"
done
