#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# documentation.sh [OUTPUT]: builds the documentation of the TeredoPort library from the result of `swift build`.
# Every warning is an error. OUTPUT is .build/TeredoPort.doccarchive by default. Needs no root, installs nothing; takes
# seconds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[[ ${1:-} != -* ]] || misuse "unknown argument $1"
no_more_arguments "${@:2}"
output=${1:-$root/.build/TeredoPort.doccarchive}
graphs=$(mktemp -d)
trap 'rm -rf "$graphs"' EXIT
bin=$(swift build --show-bin-path)
swift symbolgraph-extract -module-name TeredoPort -I "$bin/Modules" -minimum-access-level public \
    -target "$(swift -print-target-info | sed -n 's/^ *"triple": "\(.*\)",/\1/p' | head -n 1)" -output-dir "$graphs"
# docc is in the folder of the compiler, to which PATH may have only a symbolic link.
"$(dirname "$(readlink -f "$(command -v swift)")")/docc" convert Sources/TeredoPort/TeredoPort.docc \
    --warnings-as-errors --fallback-display-name TeredoPort --fallback-bundle-identifier teredowall.TeredoPort \
    --additional-symbol-graph-dir "$graphs" --output-path "$output"
