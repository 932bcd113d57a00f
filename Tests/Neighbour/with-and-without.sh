#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# with-and-without.sh PROGRAMS [PAUSE...]: runs each scenario (a file of commands of another program) with and without
# teredowalld, and prints a table of scenario, pause and result. Fails if a result differs. SCENARIOS selects scenarios
# by patterns. PAUSE is the time between commands in seconds; without it, the pauses are those in the line
# "# pauses in seconds:" of the scenario, or 0. Needs root. The programs of the scenarios are installed with apt, into private
# root file systems and not into this machine. Takes about a minute for each scenario and pause.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"

[[ ${1:-} && $1 != -* ]] || misuse "${1:+unknown argument $1; }needs the folder of the programs"
programs=$(readlink -f "$(from_caller "$1")")
shift
for pause; do [[ $pause =~ ^[0-9]*[.]?[0-9]+$ ]] || misuse "PAUSE is a number of seconds, not $pause"; done
begin 'to be run as root' 'the programs of the scenarios, outside of this machine' 'about a minute for each scenario and pause'
here=$root/Tests/Neighbour failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "| scenario | seconds between commands | same as without | exception in the end |"
echo "|---|---|---|---|"
cd "$here/scenarios"
# shellcheck disable=SC2206 # patterns, one or more
scenarios=(${SCENARIOS:-*})
cd - >/dev/null
for scenario in "${scenarios[@]/#/$here/scenarios/}"; do
    pauses=("$@")
    # shellcheck disable=SC2207 # one word for each
    ((${#pauses[@]})) || pauses=($(sed -n 's/^# pauses in seconds: //p' "$scenario"))
    ((${#pauses[@]})) || pauses=(0)
    bash "$here/scenario.sh" "$programs" without 0 "$scenario" >"$work/without" 2>"$work/messages" || { cat "$work/messages" >&2; exit 1; }
    for pause in "${pauses[@]}"; do
        status=0
        bash "$here/scenario.sh" "$programs" with "$pause" "$scenario" >"$work/with" 2>"$work/messages" || status=$?
        same=yes
        cmp -s "$work/with" "$work/without" || same=no
        force=$(sed -n 's/^in force: //p' "$work/messages")
        echo "| ${scenario##*/} | $pause | $same | ${force:-unknown} |"
        [[ $same == yes && $force =~ ^(yes|not needed)$ && $status == 0 ]] && continue
        failed=1
        diff "$work/without" "$work/with" >&2 || true # they differ
        grep -v '^in force' "$work/messages" >&2 || true # there may be no other line
    done
done
exit $failed
