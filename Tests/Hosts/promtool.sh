#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# promtool.sh: prints the path of promtool, from Debian's package prometheus. The package is unpacked into the build folder
# on first use, but not by a test; it is not installed, because it would start a server. Uses the network then. Needs no
# root, installs nothing; takes seconds.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"

no_more_arguments "$@"
place=$root/.build/promtool
if [[ ! -x $place/usr/bin/promtool ]]; then
    may_fetch promtool
    mkdir -p "$root/.build"
    exec 9>"$place.lock"
    flock 9
fi
# Another process may have unpacked it meanwhile.
if [[ ! -x $place/usr/bin/promtool ]]; then
    rm -rf "$place" "$place.new"
    mkdir "$place.new"
    # When root runs apt, apt downloads as the user _apt, who may not write to this folder.
    (cd "$place.new" && apt-get -qq -o APT::Sandbox::User=root download prometheus >&2 && dpkg-deb -x ./*.deb .)
    rm "$place.new"/*.deb
    mv "$place.new" "$place"
fi
echo "$place/usr/bin/promtool"
