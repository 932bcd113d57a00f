#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# with-and-without.sh PROGRAMS [PAUSE...]: the lives of other programs with and without teredowalld: a table of
# program, pause, result. Fails when one differs.
set -euo pipefail
programs=$1
shift
pauses=("${@:-0}")
here=$(dirname "$0") failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "| life | seconds between commands | as without | exception in the end |"
echo "|---|---|---|---|"
for life in "$here"/lives/${LIVES:-*}; do
    bash "$here/life.sh" "$programs" without 0 "$life" >"$work/without"
    for pause in "${pauses[@]}"; do
        bash "$here/life.sh" "$programs" with "$pause" "$life" >"$work/with" 2>"$work/word"
        if cmp -s "$work/with" "$work/without"; then same=yes; else same=no failed=1; fi
        force=$(sed -n 's/^in force: //p' "$work/word")
        [[ $force != no ]] || failed=1
        echo "| ${life##*/} | $pause | $same | $force |"
        [[ $same == yes ]] || diff "$work/without" "$work/with" >&2 || failed=1
    done
done
exit $failed
