#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hold-system.sh [PACKAGE...]: boots a Debian system with systemd as process 1 and these packages, on the host `host` of
# a Teredo lab, says "ready PID" (PID: its systemd) and holds it until standard input ends. For the tests.
#
# In the lab's mount namespace the system's root is /run/system. `enter` below is how to run something in it.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. scripts/lib/lab.sh
. scripts/lib/system.sh

if [[ ${1:-} != --inside ]]; then
    layer=$(system_layer "${TEREDOWALL_SYSTEM:-system}" "$@")
    # The cgroups outlive the processes in them, so this process stays to remove them.
    system_cgroup=teredowall-$$
    sweep() {
        unshare --mount --propagation private bash -euc '
            mount -t cgroup2 cgroup2 /mnt
            cd "/mnt/$1" 2>/dev/null || exit 0
            for try in {1..50}; do
                find . -depth -type d -exec rmdir {} + 2>/dev/null || true # not empty yet, or . itself
                rmdir "/mnt/$1" 2>/dev/null && break
                sleep 0.1
            done' bash "$system_cgroup"
    }
    trap sweep EXIT
    system_cgroup=$system_cgroup unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net \
        -- bash "$0" --inside "$layer" || true # it ends by being killed
    exit
fi

layer=$2
lab_up host
system=/run/system
system_mount "$system" "$layer"
printf 'InterfaceName teredo\nServerAddress 5.5.5.1\n' >"$system/etc/miredo.conf"
ln -sf ../miredo.conf "$system/etc/miredo/miredo.conf"
: >"$system/etc/resolv.conf"
echo host >"$system/etc/hostname"
export system system_cgroup
nsenter --net=/run/netns/host unshare --mount --propagation private --pid --fork --kill-child --uts --ipc -- \
    bash -euo pipefail -c '. scripts/lib/common.sh; . scripts/lib/system.sh; system_boot "$system"' \
    </dev/null >"$lab/systemd.log" 2>&1 &
outer=$!
lab_await 10 'the process of systemd' eval '[[ $(</proc/$outer/task/$outer/children) ]]'
init=$(</proc/$outer/task/$outer/children)
init=${init% }

enter() { nsenter --target "$init" --all --root --wd -- "$@"; }

booted() { [[ $(enter systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]; }
lab_await 60 'the system to come up' booted
echo "ready $init"
cat >/dev/null
