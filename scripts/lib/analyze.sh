#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# analyze.sh: checks the C files of Sources with the static analyzer of the toolchain's clang. Every finding is an error.
# Takes 10 seconds the first time; after that, checks only files that have changed. Installs missing Debian packages for the
# build with apt, and needs root only for that; it calls sudo.
set -euo pipefail
. "$(dirname "$0")/common.sh"

no_more_arguments "$@"
begin 'root to install' 'packages for the build' '10 seconds'

# clang is in the folder of the compiler, to which PATH may have only a symbolic link.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
[[ -x $clang ]] || clang=$(command -v clang) || die "needs clang, which is part of Swift's toolchain"
install_packages "${build_packages[@]}"

# A file that has passed is checked again only when it, a header or this script has changed since.
passed=.build/analyzed
files=(Sources/C[A-Z]*/*.c)
if [[ -e $passed && ! $(find Sources/C[A-Z]*/ scripts/lib/analyze.sh -type f ! -name '*.c' -newer "$passed") ]]; then
    mapfile -t files < <(find "${files[@]}" -newer "$passed")
fi
((${#files[@]})) || exit 0
mkdir -p .build
touch "$passed.new"
# A third of the usual limit of nodes, because a few parsers with loops reach any limit and would take half of the time.
options=(-std=c17 --analyzer-output text -Xclang -analyzer-werror -Xclang -analyzer-config -Xclang max-nodes=75000)
for target in Sources/C[A-Z]*/; do options+=("-I${target}include"); done
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" "$clang" --analyze "${options[@]}" -o /dev/null
mv "$passed.new" "$passed"
