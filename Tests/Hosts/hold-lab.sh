#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hold-lab.sh CLIENT...: builds a lab (lab.sh) with these clients, prints "ready", and removes the lab when standard input
# ends. For the tests.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/lab.sh
[[ ${1:-} == --inside ]] || lab_enter bash "$0" --inside "$@"
lab_up "${@:2}"
echo ready
cat >/dev/null
