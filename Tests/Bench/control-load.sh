#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# control-load.sh PROGRAMS: measures the cost of other users' calls of the control socket at full speed, on a host with
# 20 000 foreign rules; prints JSON members. Needs root. PROGRAMS is the folder of the release build.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Bench/many-rules.sh
. Tests/Hosts/eth0.sh
programs=$1
[[ ${2:-} == --inside ]] || exec unshare --net bash "$0" "$1" --inside

folder=$(mktemp -d)
daemon=
trap '[[ -z $daemon ]] || { kill "$daemon"; wait "$daemon" || :; }; rm -rf "$folder"' EXIT
chmod 755 "$folder"
eth0_up
strict_host input 20000
# Made here, because the background process may make it only after the first look at it below.
: >"$folder/log"
"$programs/teredowalld" --runtime-directory "$folder/run" 2>"$folder/log" &
daemon=$!
# Waits for 20 seconds at most.
for ((tries = 0; tries < 200; tries++)); do
    ! grep -q 'standing rules' "$folder/log" || break
    sleep 0.1
done
grep -q 'standing rules' "$folder/log" || { cat "$folder/log" >&2; die "teredowalld does not start"; }
echo "Calling the control socket during changes of the port …" >&2
python3 Tests/Bench/control-load.py "$daemon" "$folder/run/control" "$(id -u miredo)"
