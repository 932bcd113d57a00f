#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench-table.sh FILE: prints the figures of a bench.json beside their goals. Fails when one is missed.
set -euo pipefail
file=$1 missed=0

value() { sed -n "s/^\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" "$file"; }

row() { # WHAT MEMBER DIVISOR UNIT [GOAL]
    local verdict=''
    if [[ ${5:-} ]]; then
        verdict=$(awk -v v="$(value "$2")" -v d="$3" -v g="$5" 'BEGIN { print v / d <= g ? "yes" : "NO" }')
        [[ $verdict == yes ]] || missed=1
    fi
    awk -v what="$1" -v v="$(value "$2")" -v d="$3" -v unit="$4" -v goal="${5:+<= $5 $4}" -v verdict="$verdict" \
        'BEGIN { printf "| %-52s | %10.2f %-3s | %-12s | %-3s |\n", what, v / d, unit, goal, verdict }'
}

echo "Kernel $(value kernel), $(value processors) processors, $(value reloads) reloads of a real Teredo client"
echo
printf '| %-52s | %-14s | %-12s | %-3s |\n' '' measured goal met
printf '|%s|%s|%s|%s|\n' "$(printf -- '-%.0s' {1..54})" "$(printf -- '-%.0s' {1..16})" \
    "$(printf -- '-%.0s' {1..14})" "$(printf -- '-%.0s' {1..5})"
row "client's bind to committed rule, median" bind_to_rule_median_us 1000 ms 2
row "client's bind to committed rule, 99 %" bind_to_rule_p99_us 1000 ms
row "client's close to removed rule, median" close_to_no_rule_median_us 1000 ms 1
row "client's close to removed rule, 99 %" close_to_no_rule_p99_us 1000 ms
row 'port swap, back to back, median' swap_hot_median_ns 1000 us
row '  plain C with libnftnl: 1' swap_hot_median_ns "$(value swap_plain_hot_median_ns)" '' 1.3
row '  without 50 000 foreign rules in the table: 1' swap_hot_50000_rules_median_ns \
    "$(value swap_hot_median_ns)" '' 1.5
row 'port swap, 5 ms apart, median' swap_cold_median_ns 1000 us
row '  a started nft -f -: 1' swap_cold_median_ns "$(value swap_spawned_nft_median_ns)" '' 0.01
row 'resident memory of the daemon' resident_bytes 1000000 MB 12
row '  of it anonymous' anonymous_bytes 1000000 MB 2
row 'size of the daemon, stripped' stripped_bytes 1000000 MB 16
row 'voluntary context switches in an idle minute' voluntary_context_switches_per_idle_minute 1 ''
exit $missed
