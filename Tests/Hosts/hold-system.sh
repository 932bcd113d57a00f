#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hold-system.sh: boots a Debian system, with systemd as process 1, as the host `host` of a Teredo lab; prints
# "ready", and removes the system when standard input ends. The tests enter it through its process 1, whose number in
# the lab is in /run/lab/init.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/lab.sh
. Tests/Hosts/private-root.sh
. Tests/Hosts/system.sh

if [[ ${1:-} != --inside ]]; then
    layer=$(private_root_layer "${system_packages[@]}")
    # The cgroups outlive their processes, so this process stays in order to remove them.
    cgroup=teredowall-test-$$
    trap 'system_sweep "$cgroup"' EXIT
    (lab_enter bash "$0" --inside "$layer" "$cgroup")
    exit
fi

layer=$2 cgroup=$3
lab_up host
mkdir /run/system
# In the network namespace of the host, so that /sys shows the interfaces of that namespace.
nsenter --net=/run/netns/host bash -euo pipefail -c '
    . scripts/lib/common.sh; . Tests/Hosts/private-root.sh; . Tests/Hosts/system.sh
    system_mount "$@"' bash "$layer" /run/system
host=/run/system/root
# These files replace the machine's, which may have been changed.
cp "$lab/host.conf" "$host/etc/miredo.conf"
ln -sfn ../miredo.conf "$host/etc/miredo/miredo.conf"
: >"$host/etc/resolv.conf"
echo host >"$host/etc/hostname"

nsenter --net=/run/netns/host unshare --mount --propagation private --pid --fork --kill-child --uts --ipc -- \
    bash -euo pipefail -c '
        . scripts/lib/common.sh; . Tests/Hosts/private-root.sh; . Tests/Hosts/system.sh
        system_boot "$@"' bash "$host" "$cgroup" </dev/null >"$lab/systemd.log" 2>&1 &
unshare_process=$!

first_child() { [[ $(</proc/$unshare_process/task/$unshare_process/children) ]]; }
booted() {
    [[ $(nsenter --target "$init" --all --root --wd -- systemctl is-system-running 2>/dev/null) == running ]]
}
lab_await 10 'the process of systemd' first_child
# The list of children does not end with a newline, without which read would fail.
read -r init _ < <(cat "/proc/$unshare_process/task/$unshare_process/children"; echo)
lab_await 60 'the system to come up' booted
echo "$init" >"$lab/init"
echo ready
cat >/dev/null
