#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# heal-tables.sh PROGRAMS TOOLS PERCENT: measures how long the exceptions are missing after changes by nft, iptables
# and ufw. Prints JSON members. Runs on a host of hold-iptables.sh, as root. PERCENT scales the number of rounds.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Bench/heal-run.sh
programs=$1 tools=$2 percent=$3
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
# in_force: see heal_measure. The exceptions are a jump in a table of nft, or in one of iptables a rule for a port with the
# match of the lease's time.
in_force() { [[ $(nft list ruleset 2>&1) =~ 'jump teredowall-input'|'dport '[0-9]+' '[^$'\n']*'meta time' ]]; }

reload=$(mktemp)
{ echo 'flush ruleset'; cat rules/hosts/strict.nft; } >"$reload"
nft -f "$reload"
heal_start "$programs"
heal_listen "$tools/rule-times"
heal_beside "$tools" inet filter input nft
two_steps() { nft flush ruleset && nft -f rules/hosts/strict.nft; }
heal_measure nft_reload "$(times 30)" nft -f "$reload"
heal_measure nft_two_steps "$(times 20)" two_steps
heal_stop

nft flush ruleset
saved=rules/hosts/strict-stateful.ipt
iptables-restore "$saved"
heal_start "$programs"
heal_listen "$tools/rule-times"
heal_beside "$tools" ip filter INPUT iptables
heal_measure iptables_restore "$(times 25)" iptables-restore "$saved"
heal_measure iptables_flush "$(times 25)" iptables -F
heal_stop

nft flush ruleset
ufw --force enable >&2
ufw default deny outgoing >&2
heal_start "$programs"
heal_listen "$tools/rule-times"
off_and_on() { ufw --force disable && ufw --force enable; }
heal_measure ufw_reload "$(times 10)" ufw reload
heal_measure ufw_off_and_on "$(times 10)" off_and_on
reset() { ufw --force reset && ufw default deny outgoing && ufw --force enable; }
heal_measure ufw_reset "$(times 10)" reset
heal_stop
