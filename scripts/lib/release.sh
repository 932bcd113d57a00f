#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# release.sh: builds the programs for release, strips them into .build/ship, and prints the size of the daemon. Fails if it
# exceeds a limit: the daemon must not contain all of Foundation. Takes seconds, and a first build some minutes. Installs
# missing Debian packages for the build with apt, and needs root only for that.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. scripts/lib/build.sh

no_more_arguments "$@"
begin 'root to install' 'packages for the build' 'seconds, a first build some minutes'
# In bytes.
limit=17500000
build_release </dev/null
mkdir -p .build/ship
for program in teredowalld teredowall; do strip -o ".build/ship/$program" "$bin/$program"; done
size=$(stat -c %s .build/ship/teredowalld)
printf 'teredowalld: %d bytes stripped, limit %d\n' "$size" "$limit"
((size <= limit)) || die "teredowalld is too large: does something import all of Foundation?"
