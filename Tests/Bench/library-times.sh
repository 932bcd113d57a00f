#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# library-times.sh TOOLS RELOADS: measures libteredoport in a lab with a real client; prints JSON members. As root.
# TOOLS is the folder of the programs of Tests/Bench and the library.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/lab.sh
. Tests/Bench/client.sh
tools=$1 reloads=$2
[[ ${3:-} == --inside ]] || lab_enter bash "$0" "$@" --inside
trap 'exit 130' INT TERM
trap 'status=$?; ((status == 0)) || tail -n 20 "$lab"/*.log >&2; exit $status' EXIT

lab_up host
lab_start follow host "$tools/port-times" follow
# follows: whether the program has three threads: its own and the two of the library after a registration.
follows() { [[ -d /proc/$(<"$lab/follow.main")/task && $(ls "/proc/$(<"$lab/follow.main")/task") == *$'\n'*$'\n'* ]]; }
lab_await 10 'the registration' follows
client_start
client_reload
grep -v '^send' "$lab/client" | awk -v reloads="$reloads" -v open_name=bind_to_callback \
    -v close_name=close_to_callback -f Tests/Bench/latencies.awk - "$lab/follow.log"

echo 'Calling GetTeredoPort beside other sockets …' >&2
for sockets in 10 10000 100000; do lab_run host "$tools/port-times" get "$sockets"; done
# A Teredo address contains the port; without one, the library has to search all sockets. Prints only the figure of the
# first call, under a name of its own.
ip -n host -6 address flush dev teredo scope global
lab_run host "$tools/port-times" get 10000 | sed -n 's/port_first_/port_first_without_address_/p'
