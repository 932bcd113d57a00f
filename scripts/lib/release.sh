#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the programs as they ship, stripped, into .build/ship, and refuses a daemon that is too large.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. scripts/lib/build.sh

limit=17500000
build_release </dev/null
mkdir -p .build/ship
for program in teredowalld teredowall; do strip -o ".build/ship/$program" "$bin/$program"; done
size=$(stat -c %s .build/ship/teredowalld)
printf 'teredowalld: %d bytes stripped, limit %d\n' "$size" "$limit"
((size <= limit)) || die "teredowalld is too large: does something import all of Foundation?"
