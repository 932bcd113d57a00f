#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# varlink-client.sh: prints the path of a Python interpreter that has the varlink package of PyPI, an independent client
# for the tests. Installs the interpreter and the package into the build folder on first use, and uses the network then.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"

version=31.0.0
place=$root/.build/varlink-client-$version
mkdir -p "$root/.build"
exec 9>"$place.lock"
flock 9
if [[ ! -e $place/complete ]]; then
    rm -rf "$place"
    python3 -m venv "$place" >&2 || { install_packages python3-venv && python3 -m venv "$place" >&2; }
    "$place/bin/pip" install --quiet --disable-pip-version-check "varlink==$version" >&2
    touch "$place/complete"
fi
echo "$place/bin/python3"
