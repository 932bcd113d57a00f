#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# abi.sh [--write] [LIBRARY]: compares libteredoport's symbols and the layout of its types with those of the last
# release, Sources/CTeredoPort/teredoport.abi. Entries may not change or vanish, since programs are compiled with
# them. New ones must be added, with --write. LIBRARY is the result of `swift build` by default. Needs no root, installs
# nothing; takes seconds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

write=
[[ ${1:-} != --write ]] || { write=yes && shift; }
[[ ${1:-} != -* ]] || misuse "unknown argument $1"
no_more_arguments "${@:2}"
library=${1:-$(swift build --show-bin-path)/libteredoport.so}
promised=Sources/CTeredoPort/teredoport.abi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc -std=c17 -Wall -Wextra -Werror -ISources/CTeredoPort/include -o "$work/layout" Tests/Conformance/layout/layout.c
{
    echo "# SPDX-License-Identifier: Apache-2.0"
    echo "# Made by scripts/lib/abi.sh: the symbols with their versions and, on 64-bit machines, the layout of the types:"
    echo "# symbol NAME@@VERSION; type NAME SIZE; field TYPE.FIELD OFFSET SIZE; value NAME VALUE"
    nm -D -g --defined-only "$library" | awk '$2 == "T" { print "symbol", $3 }' | sort
    "$work/layout"
} >"$work/found"

if [[ $write ]]; then
    cp "$work/found" "$promised"
elif ! diff "$promised" "$work/found" >"$work/difference"; then
    cat "$work/difference" >&2
    if grep -q '^<' "$work/difference"; then die "programs that use libteredoport.so.1 would break: see above"; fi
    die "libteredoport has symbols or types that $promised lacks: run scripts/lib/abi.sh --write and commit it"
fi
