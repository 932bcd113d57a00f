#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# with-and-without.sh PROGRAMS [PAUSE...]: runs the lives of other programs with and without teredowalld, and prints a
# table of program, pause and result. Fails if a result differs. LIVES selects lives by patterns. Without PAUSE, uses
# the pauses in the line "# pauses:" of the life.
set -euo pipefail
programs=$(readlink -f "$1")
shift
here=$(cd "$(dirname "$0")" && pwd) failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "| life | seconds between commands | as without | exception in the end |"
echo "|---|---|---|---|"
cd "$here/lives"
# shellcheck disable=SC2206 # patterns, one or more
lives=(${LIVES:-*})
cd - >/dev/null
for life in "${lives[@]/#/$here/lives/}"; do
    pauses=("$@")
    # shellcheck disable=SC2207 # one word for each
    ((${#pauses[@]})) || pauses=($(sed -n 's/^# pauses: //p' "$life"))
    ((${#pauses[@]})) || pauses=(0)
    bash "$here/life.sh" "$programs" without 0 "$life" >"$work/without" 2>"$work/word" || { cat "$work/word" >&2; exit 1; }
    for pause in "${pauses[@]}"; do
        status=0
        bash "$here/life.sh" "$programs" with "$pause" "$life" >"$work/with" 2>"$work/word" || status=$?
        same=yes
        cmp -s "$work/with" "$work/without" || same=no
        force=$(sed -n 's/^in force: //p' "$work/word")
        echo "| ${life##*/} | $pause | $same | ${force:-unknown} |"
        [[ $same == yes && $force =~ ^(yes|not needed)$ && $status == 0 ]] && continue
        failed=1
        diff "$work/without" "$work/with" >&2 || true # they differ
        grep -v '^in force' "$work/word" >&2 || true # nothing else was said
    done
done
exit $failed
