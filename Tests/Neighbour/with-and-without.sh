#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# with-and-without.sh PROGRAMS [PAUSE...]: runs each scenario (a file of commands of another program) with and without
# teredowalld, and prints a table of scenario, pause and result. Fails if a result differs. SCENARIOS selects scenarios
# by patterns. PAUSE is the time between commands in seconds; without it, the pauses are those in the line
# "# pauses in seconds:" of the scenario, or 0. Needs root.
set -euo pipefail
programs=$(readlink -f "$1")
shift
here=$(cd "$(dirname "$0")" && pwd) failed=0
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
