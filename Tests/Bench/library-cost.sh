#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# library-cost.sh TOOLS: measures the cost of libteredoport for a program on a host without a client; prints JSON
# members. Needs root. TOOLS is the folder of the programs of Tests/Bench and the library.
set -euo pipefail
tools=$1
[[ ${2:-} == --inside ]] || exec unshare --net bash "$0" "$tools" --inside

ip link set lo up
"$tools/port-cost" load "$tools/libteredoport.so.1"
echo 'Calling GetTeredoPort without a client …' >&2
for sockets in 10 10000 100000; do "$tools/port-cost" get "$sockets" "$tools/libteredoport.so.1"; done
