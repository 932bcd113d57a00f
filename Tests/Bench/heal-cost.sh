#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# heal-cost.sh PROGRAMS TOOLS PERCENT: measures how long the exceptions are missing after their chain was flushed,
# without and with 50 000 foreign rules: once in an unreachable chain of the same table, once in the chain that jumps
# to the exceptions, before that jump. Prints JSON members. Runs on a host of hold-iptables.sh, as root. PERCENT scales
# the number of rounds.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Bench/heal-run.sh
. Tests/Bench/many-rules.sh
programs=$1 tools=$2 percent=$3
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# Each line has the name of the measurement, and the chain and the number of the foreign rules in it: `foreign` is the
# unreachable chain, `input` the one that jumps to the exceptions.
for place in 'none foreign 0' 'aside foreign 50000' 'ahead input 50000'; do
    read -r name chain count <<<"$place"
    strict_host "$chain" "$count"
    heal_start "$programs"
    heal_listen "$tools/rule-times"
    # Not for `ahead`: restore-times adds a rule to the chain, after which the daemon evaluates all rules, in 0.6 s.
    [[ $name == ahead ]] || heal_beside "$tools" inet filter teredowall-input nft
    heal_measure "beside_$name" "$(times 20)" nft flush chain inet filter teredowall-input
    heal_stop
done
