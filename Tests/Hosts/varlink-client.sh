#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# varlink-client.sh: prints the path of a Python interpreter that has the varlink package of PyPI, an independent client
# for the tests. Installs the interpreter and the package into the build folder on first use, but not by a test, and uses
# the network then. Needs root only to install python3-venv with apt, if it is missing; takes seconds.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"

no_more_arguments "$@"
version=31.0.0
place=$root/.build/varlink-client-$version
if [[ ! -e $place/complete ]]; then
    may_fetch "varlink client"
    begin 'root to install' python3-venv seconds
    mkdir -p "$root/.build"
    exec 9>"$place.lock"
    flock 9
fi
# Another process may have installed it meanwhile.
if [[ ! -e $place/complete ]]; then
    rm -rf "$place"
    python3 -m venv "$place" >&2 || { install_packages python3-venv && python3 -m venv "$place" >&2; }
    "$place/bin/pip" install --quiet --disable-pip-version-check "varlink==$version" >&2
    touch "$place/complete"
fi
echo "$place/bin/python3"
