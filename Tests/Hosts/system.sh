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

# system_mount LAYER DIRECTORY [BASE_ROOT]: mounts a private root at DIRECTORY/root, with a /dev of its own and the /sys of the
# caller's network namespace. Its systemd starts only requested units.
system_mount() {
    local root_folder=$2/root unit device
    private_root_overlay "$@"
    for unit in "${system_masked[@]}"; do ln -sfn /dev/null "$root_folder/etc/systemd/system/$unit"; done
    rm -rf "$root_folder"/etc/systemd/system/{multi-user,network-online,sysinit,timers}.target.wants
    # Without policy-rc.d (see packages.sh), packages start their services when they are installed.
    rm -f "$root_folder/usr/sbin/policy-rc.d"
    ln -sfn /lib/systemd/system/multi-user.target "$root_folder/etc/systemd/system/default.target"

    # Programs take a read-only /sys as the sign that there is no udev, as in a container.
    mount -t sysfs -o ro sysfs "$root_folder/sys"
    mount -t tmpfs -o mode=755 dev "$root_folder/dev"
    mkdir "$root_folder/dev/net" "$root_folder/dev/pts" "$root_folder/dev/shm" "$root_folder/run/lock"
    for device in null zero full random urandom tty net/tun; do
        : >"$root_folder/dev/$device"
        mount --bind "/dev/$device" "$root_folder/dev/$device"
    done
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$root_folder/dev/pts"
    ln -s pts/ptmx "$root_folder/dev/ptmx"
    ln -s /proc/self/fd "$root_folder/dev/fd"
}

# system_boot ROOT CGROUP: replaces this process, the first one of its pid namespace, by the systemd of a mounted
# system. All its cgroups are below the new cgroup CGROUP.
system_boot() {
    local root_folder=$1
    mount -t cgroup2 cgroup2 "$root_folder/sys/fs/cgroup"
    mkdir "$root_folder/sys/fs/cgroup/$2"
    echo 0 >"$root_folder/sys/fs/cgroup/$2/cgroup.procs"
    umount "$root_folder/sys/fs/cgroup"
    mount -t proc proc "$root_folder/proc"
    # After unsharing the cgroup namespace, a cgroup mount shows what is below the caller's cgroup.
    exec unshare --cgroup -- bash -euc '
        mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
        exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            chroot "$1" /lib/systemd/systemd --system --log-target=journal' bash "$root_folder"
}

# system_sweep CGROUP: removes the cgroups that remain after all processes have ended. Gives up without a message after
# 5 seconds.
system_sweep() {
    unshare --mount --propagation private -- bash -euc '
        mount -t cgroup2 cgroup2 /mnt
        for try in {1..100}; do
            [[ -e /mnt/$1 ]] || exit 0
            find "/mnt/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true # processes take a moment to end
            sleep 0.05
        done' bash "$1"
}
