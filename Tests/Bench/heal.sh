#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# heal.sh PROGRAMS TOOLS PERCENT [PART...]: measures how long exceptions are missing after a reload removed them, and
# the cost of maintaining them beside many rules. Prints JSON members. As root. PROGRAMS is the folder of the release
# build, TOOLS that of the programs of Tests/Bench.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
programs=$1 tools=$2 percent=$3

# on_host HOLD SCRIPT: runs SCRIPT on a host that the script HOLD makes, and removes the host.
on_host() {
    local said='' keeper
    coproc HOST { exec bash "Tests/Hosts/$1"; }
    local process=$HOST_PID
    while [[ $said != ready ]]; do read -r said <&"${HOST[0]}" || die "there is no host of $1"; done
    keeper=$(<"/proc/$process/task/$process/children")
    nsenter --target "${keeper%% *}" --all --root --wd -- bash "Tests/Bench/$2" "$programs" "$tools" "$percent" </dev/null
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
