# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions for a private Debian system for tests: a private root (private-root.sh) in which the real systemd is process 1.
# To be sourced after common.sh and private-root.sh; needs root.

# Units that are useless in a test, would manage the network, or would change settings of the machine's kernel.
system_masked=(
    systemd-udevd.service systemd-udev-trigger.service systemd-timesyncd.service systemd-resolved.service
    systemd-sysctl.service systemd-modules-load.service systemd-logind.service user@.service getty.target
    dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount
    NetworkManager-wait-online.service systemd-networkd-wait-online.service
)

# system_mount LAYER DIRECTORY: mounts a private root at DIRECTORY/root, with a /dev of its own and the /sys of the
# caller's network namespace. Its systemd starts only requested units.
system_mount() {
    local at=$2/root unit device
    private_root_overlay "$@"
    for unit in "${system_masked[@]}"; do ln -sfn /dev/null "$at/etc/systemd/system/$unit"; done
    rm -rf "$at"/etc/systemd/system/{multi-user,network-online,sysinit,timers}.target.wants
    # Without policy-rc.d (see packages.sh), packages start their services when they are installed.
    rm -f "$at/usr/sbin/policy-rc.d"
    ln -sfn /lib/systemd/system/multi-user.target "$at/etc/systemd/system/default.target"

    # Programs take a read-only /sys as the sign that there is no udev, as in a container.
    mount -t sysfs -o ro sysfs "$at/sys"
    mount -t tmpfs -o mode=755 dev "$at/dev"
    mkdir "$at/dev/net" "$at/dev/pts" "$at/dev/shm" "$at/run/lock"
    for device in null zero full random urandom tty net/tun; do
        : >"$at/dev/$device"
        mount --bind "/dev/$device" "$at/dev/$device"
    done
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$at/dev/pts"
    ln -s pts/ptmx "$at/dev/ptmx"
    ln -s /proc/self/fd "$at/dev/fd"
}

# system_boot ROOT CGROUP: replaces this process, the first one of its pid namespace, by the systemd of a mounted
# system. All its cgroups are below the new cgroup CGROUP.
system_boot() {
    local at=$1
    mount -t cgroup2 cgroup2 "$at/sys/fs/cgroup"
    mkdir "$at/sys/fs/cgroup/$2"
    echo 0 >"$at/sys/fs/cgroup/$2/cgroup.procs"
    umount "$at/sys/fs/cgroup"
    mount -t proc proc "$at/proc"
    # After unsharing the cgroup namespace, a cgroup mount shows what is below the caller's cgroup.
    exec unshare --cgroup -- bash -euc '
        mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
        exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            chroot "$1" /lib/systemd/systemd --system --log-target=journal' bash "$at"
}

# system_sweep CGROUP: removes the cgroups that remain after all processes have ended.
system_sweep() {
    unshare --mount --propagation private -- bash -euc '
        mount -t cgroup2 cgroup2 /mnt
        for try in {1..100}; do
            [[ -e /mnt/$1 ]] || exit 0
            find "/mnt/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true # processes take a moment to end
            sleep 0.05
        done' bash "$1"
}
