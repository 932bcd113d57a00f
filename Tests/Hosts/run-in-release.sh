#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run-in-release.sh ROOT SCRIPT [ARGUMENT...]: boots a copy of the Debian release in the directory ROOT (of
# private_root_release), with its own systemd as process 1 and a network of its own, runs SCRIPT of this checkout in
# it as root, and ends with the status of SCRIPT. Nothing of the copy remains.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/private-root.sh
. Tests/Hosts/system.sh

if [[ $1 != --inside ]]; then
    cgroup=teredowall-matrix-$$
    # The cgroups outlive their processes, so this process stays in order to remove them.
    trap 'system_sweep "$cgroup"' EXIT
    status=0
    unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net -- \
        bash "$0" --inside "$cgroup" "$@" || status=$?
    exit "$status"
fi

cgroup=$2 release=$3 script=$4
shift 4
system_mount "" /mnt "$release"
: >/mnt/root/etc/resolv.conf
echo host >/mnt/root/etc/hostname
unshare --mount --propagation private --pid --fork --kill-child --uts --ipc -- \
    bash -euo pipefail -c '
        . scripts/lib/common.sh; . Tests/Hosts/private-root.sh; . Tests/Hosts/system.sh
        system_boot "$@"' bash /mnt/root "$cgroup" </dev/null >/mnt/systemd.log 2>&1 &
unshare_process=$!
enter() { nsenter --target "$init" --all --root --wd -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }
# The list of children does not end with a newline, without which read would fail. Waits for a minute at most.
for ((tries = 0; tries < 1200; tries++)); do
    read -r init _ < <(cat "/proc/$unshare_process/task/$unshare_process/children" && echo) || true # nothing yet
    state=$([[ ! $init ]] || enter systemctl is-system-running 2>/dev/null) || true # its output has the state, too
    [[ $state != running && $state != degraded ]] || break
    sleep 0.05
done
[[ ${state:-} == running || ${state:-} == degraded ]] || { cat /mnt/systemd.log >&2; die "systemd did not come up: ${state:-}"; }
[[ $state == running ]] || enter systemctl --failed --no-legend --plain >&2
status=0
enter bash "$PWD/$script" "$@" || status=$?
# 77: the check was skipped.
((status == 0 || status == 77)) || enter journalctl --no-pager --lines 150 >&2
exit "$status"
