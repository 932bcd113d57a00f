#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench-heal.sh PERCENT: builds for release, reloads real firewalls, prints for each how long the exceptions were
# missing after the last commit of the reload, and writes bench-heal.json. Runs PERCENT percent of the usual number of
# rounds, which take about 14 minutes. BUILT=yes uses the programs that are in .build/ship already.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. scripts/lib/build.sh

percent=$1
[[ $percent =~ ^[1-9][0-9]*$ ]] || die "PERCENT is a number of at least 1, not $percent"
install_packages "${lab_packages[@]}"
[[ ${BUILT:-} ]] || scripts/lib/release.sh >&2
tools=$root/.build/bench
mkdir -p "$tools"
for program in rule-times restore-times commits; do
    clang -std=c17 -O2 -Wall -Wextra -Werror -o "$tools/$program" "Tests/Bench/$program.c" -lnftnl -lmnl
done
swift build "${release_options[@]}" --product refreshbench </dev/null >&2
cp "$(swift build "${release_options[@]}" --show-bin-path)/refreshbench" "$tools/refreshbench"

file=bench-heal.json
{
    printf '{\n"kernel": "%s",\n"processors": %d,\n' "$(uname -r)" "$(nproc)"
    printf '"load_before": %s,\n' "$(cut -d ' ' -f 1 /proc/loadavg)"
    as_root bash Tests/Bench/heal.sh "$root/.build/ship" "$tools" "$percent"
    printf '"percent": %d\n}\n' "$percent"
} >"$file.new"
mv "$file.new" "$file"

. Tests/Bench/table.sh
# heal WHAT NAME [GOAL]: prints rows for the median and the worst time of the measurement NAME, and for the median divided
# by that of a plain C program if that was measured, too. GOAL is in milliseconds.
heal() {
    local samples median
    samples=$(value "heal_$2_samples")
    if ((samples == 0)); then
        echo "| $1: never missing in $(value "heal_$2_runs") runs"
        return
    fi
    median=$(value "heal_$2_median_ms")
    row "$1, median of $samples" "$median" ms ${3:+'<=' "$3"}
    row '  worst' "$(value "heal_$2_worst_ms")" ms
    [[ $(value "heal_$2_plain_median_ms") ]] || return 0
    row '  plain C that only adds a rule: median' "$(value "heal_$2_plain_median_ms")" ms
    row '  worst' "$(value "heal_$2_plain_worst_ms")" ms
    row '  the daemon beside it, medians' "$(divided "heal_$2_median_ms" "$(value "heal_$2_plain_median_ms")")" x
}
echo "Kernel $(value kernel), $(value processors) processors (load $(value load_before) before)"
echo
heading
heal '`nft -f` with flush ruleset' nft_reload 10
heal '`nft flush ruleset`, then `nft -f`' nft_two_steps 10
heal '`iptables-restore` of everything' iptables_restore 10
heal '`iptables -F`' iptables_flush 10
heal '`ufw reload`' ufw_reload 10
heal '`ufw disable`, `ufw enable`' ufw_off_and_on 10
heal '`ufw reset`, `ufw enable`' ufw_reset 10
heal '`firewall-cmd --reload`, from Reloaded' firewalld_reload 250
heal '`firewall-cmd --complete-reload`, from Reloaded' firewalld_complete_reload 250
heal 'a flushed chain of teredowalld, no foreign rules in the table' beside_none 10
heal '  beside 50 000 rules in another chain' beside_aside 10
heal '  behind 50 000 rules in the chain that jumps to it' beside_ahead
heal 'firewalld started again, from its name on the bus' firewalld_restart

# refresh WHAT NAME: prints rows for the time beside 50 000 foreign rules in the table, and for its ratio to the time
# without them.
refresh() {
    row "$1, beside 50 000 rules in the table" "$(divided "refresh_$2_50000_median_us" 1000)" ms
    row '  beside none: times as long' \
        "$(divided "refresh_$2_50000_median_us" "$(value "refresh_$2_0_median_us")")" x '<=' 1.5
}
refresh 'change of the port, a table of nft' nft_port
refresh 'renewal of the lease, a table of nft' nft_lease
refresh 'change of the port, a table of iptables' iptables_port
refresh 'renewal of the lease, a table of iptables' iptables_lease

# An irrelevant commit is a foreign one that the exceptions do not depend on; they depend on what a relevant one changes.
for chains in 10 5000 20000; do
    row "processor for an irrelevant commit beside $chains chains" "$(value "irrelevant_${chains}_ms")" ms '<=' 0.05
    row '  for a relevant one' "$(value "relevant_${chains}_ms")" ms
    row '  in a storm of irrelevant ones' "$(value "storm_${chains}_percent")" % '<=' 10
    row '  memory of the daemon' "$(divided "memory_${chains}_kb" 1024)" MB
done
row 'irrelevant, beside 20 000 chains: times as much as beside 10' \
    "$(divided irrelevant_20000_ms "$(value irrelevant_10_ms)")" x '<=' 1.2
row 'a commit every 10 ms beside 5 000 chains' "$(value busy_percent)" % '<=' 1
heal 'a flushed chain of teredowalld, 1 000 commits a second' among_thousand 10
exit $missed
