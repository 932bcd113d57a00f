#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# heal-firewalld.sh PROGRAMS TOOLS PERCENT: measures how long the exceptions are missing after a reload or a restart of
# firewalld: from its signal Reloaded, or from the return of its bus name, to the last rule that was put back. Prints JSON
# members. Runs on a host of hold-firewalld.sh, as root. PERCENT scales the number of rounds.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Bench/heal-run.sh
programs=$1 percent=$3
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

in_force() { [[ $(firewall-cmd --list-rich-rules) == *"port=\"$port\""* ]]; }
restart() {
    local process
    process=$(pgrep -f 'firewalld --nofork')
    kill "$process"
    while [[ -e /proc/$process ]]; do sleep 0.05; done
    bash Tests/Hosts/hold-firewalld.sh start
}

heal_start "$programs"
until in_force; do sleep 0.1; done
name=org.fedoraproject.FirewallD1
heal_listen dbus-monitor --system --profile "interface=$name,member=Reloaded" \
    "interface=$name.zone,member=RichRuleAdded" "member=NameOwnerChanged,arg0=$name"
heal_measure firewalld_reload "$(times 5)" firewall-cmd --reload
heal_measure firewalld_complete_reload "$(times 5)" firewall-cmd --complete-reload
heal_measure firewalld_restart "$(times 5)" restart
# Turns the lines of dbus-monitor into those of rule-times: the second field is the time in seconds, the last one the signal.
awk '$1 == "sig" { $0 = sprintf("commit %.0f 1 %s", $2 * 1e9, $NF == "RichRuleAdded" ? "teredowalld" : "firewalld") } 1' \
    "$events" >"$events.read"
mv "$events.read" "$events"
heal_stop
