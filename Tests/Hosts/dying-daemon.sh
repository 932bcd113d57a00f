#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dying-daemon.sh: lets systemd start, with the units of the package, a daemon that kills itself at once. Prints the restart
# settings as systemd has read them, and the seconds between the first five starts. To be run by run-in-release.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

printf '#!/bin/sh\necho started\nkill -KILL $$\n' >/usr/sbin/teredowalld
printf '#!/bin/sh\n' >/usr/bin/teredowall
chmod 755 /usr/sbin/teredowalld /usr/bin/teredowall
cp scripts/packaging/systemd/teredowalld*.service /etc/systemd/system
ip netns add blue
systemctl daemon-reload
for unit in teredowalld teredowalld@blue; do
    systemd-analyze verify --man=no "$unit.service"
    systemctl show --property=RestartSteps,RestartMaxDelayUSec "$unit"
    # Without waiting, because the start cannot succeed.
    systemctl start --no-block "$unit"
done
starts() { journalctl --no-pager --output short-monotonic --unit "$1" | grep ': started$'; }
for unit in teredowalld teredowalld@blue; do
    # Waits for two minutes at most.
    for ((tries = 0; tries < 1200; tries++)); do
        [[ $(starts "$unit" | wc -l) -lt 5 ]] || break
        sleep 0.1
    done
    starts "$unit" | sed -n 's/^\[ *\([0-9.]*\)\].*/\1/p' | awk -v "unit=$unit" 'NR > 1 { print unit, $1 - last } { last = $1 }'
done
