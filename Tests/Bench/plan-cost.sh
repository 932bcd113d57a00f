#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# plan-cost.sh REFRESHBENCH [ROUNDS]: measures planning for, and reading of, a ruleset with 20 000 and 100 000 foreign rules
# that incoming packets may reach, ROUNDS times (5 by default); prints JSON members. Needs root. REFRESHBENCH is the path of
# that program.
set -euo pipefail
bench=$1 rounds=${2:-5}
[[ ${3:-} == --inside ]] || exec unshare --net bash "$0" "$bench" "$rounds" --inside
samples=$(mktemp)
trap 'rm -f "$samples"' EXIT

# declare_host COUNT: loads a ruleset with COUNT rules with ports, addresses, networks and interfaces, as in blocklists and on
# servers.
declare_host() {
    nft flush ruleset
    awk -v count="$1" 'BEGIN {
        print "table inet filter { chain input { type filter hook input priority filter; policy drop;"
        print "iif lo accept; ct state established,related accept"
        for (i = 0; i < count; i++) {
            if (i % 4 == 0) print "tcp dport " 1 + i % 65000 " counter accept"
            if (i % 8 == 1) print "ip saddr 10." i % 200 "." int(i / 200) % 250 "." int(i / 50000) % 250 + 1 " drop"
            if (i % 8 == 5) print "ip saddr 10." int(i / 8) % 250 "." int(i / 2000) % 250 ".0/24 drop"
            if (i % 4 == 2) print "udp dport " 1 + i % 40000 " ip saddr 192.0.2." i % 250 " accept"
            if (i % 4 == 3) print "iifname lan" int(i / 4) % 4 " tcp dport " 1 + i % 65000 " accept"
        }
        print "}\n}"
    }' | nft -f -
}
# median_us FIELD: prints the median of a field of the samples, which are in nanoseconds, in microseconds.
median_us() {
    sort -n -k "$1,$1" "$samples" |
        awk -v field="$1" '{ v[NR] = $field } END { printf "%.0f", v[int((NR + 1) / 2)] / 1000 }'
}

for count in 20000 100000; do
    declare_host "$count"
    "$bench" "$rounds" 0 plan >"$samples.all"
    grep -v peak "$samples.all" >"$samples"
    printf '"read_%d_rules_median_us": %s,\n"plan_%d_rules_median_us": %s,\n' \
        "$count" "$(median_us 1)" "$count" "$(median_us 2)"
    printf '"plan_%d_rules_peak_kB": %s,\n' "$count" "$(sed -n 's/^peak //p' "$samples.all")"
    rm "$samples.all"
done
