#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# heal.sh PROGRAMS TOOLS PERCENT [PART...]: measures how long exceptions are missing after a reload removed them, and
# the cost of maintaining them beside many rules. Prints JSON members. As root. PROGRAMS is the folder of the release
# build, TOOLS that of the compiled programs of Tests/Bench. PERCENT scales the number of rounds. A PART is the name of a
# script of this folder.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
programs=$1 tools=$2 percent=$3

# on_host HOLD SCRIPT: runs SCRIPT on a host that the script HOLD makes, and removes the host.
on_host() {
    local line='' holder
    coproc HOST { exec bash "Tests/Hosts/$1"; }
    local process=$HOST_PID
    while [[ $line != ready ]]; do read -r line <&"${HOST[0]}" || die "$1 made no host"; done
    # A process of the host, whose namespaces the script enters.
    holder=$(<"/proc/$process/task/$process/children")
    nsenter --target "${holder%% *}" --all --root --wd -- bash "Tests/Bench/$2" "$programs" "$tools" "$percent" </dev/null
    # Ends the standard input of HOLD, which then removes the host.
    # shellcheck disable=SC1083,SC2093 # closes a descriptor
    exec {HOST[1]}>&-
    wait "$process" || true
}

parts=("${@:4}")
((${#parts[@]})) || parts=(heal-tables heal-cost refresh-cost neighbour heal-firewalld)
for part in "${parts[@]}"; do
    host=hold-iptables.sh
    [[ $part != heal-firewalld ]] || host=hold-firewalld.sh
    on_host "$host" "$part.sh"
done
