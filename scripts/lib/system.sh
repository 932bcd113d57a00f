# SPDX-License-Identifier: GPL-2.0-or-later
# A Debian system of one's own, for tests: a private root over this machine's, with further packages, in which the
# real systemd is process 1. Sourced after common.sh; everything here runs as root, in private mount namespaces.
#
# What a system writes stays in memory and is gone with it. Only the packages are kept between runs, in
# .build/roots: fetching them takes longer than everything else.

system_layers=$root/.build/roots
# Units that have nothing to do in a test, would take over the network, or change the machine's kernel settings.
system_masked=(
    systemd-udevd.service systemd-udev-trigger.service systemd-timesyncd.service systemd-resolved.service
    systemd-sysctl.service systemd-modules-load.service systemd-logind.service user@.service getty.target
    dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount
    NetworkManager-wait-online.service systemd-networkd-wait-online.service
)

# system_layer NAME PACKAGE...: makes sure of a directory with what installing these packages adds to this machine's
# root, and prints it.
system_layer() {
    local name=$1 key layer
    shift
    # What is installed here decides what is missing there.
    key=$({ cat /var/lib/dpkg/status; echo "$*"; } | sha256sum)
    layer=$system_layers/$name-${key:0:12}
    mkdir -p "$system_layers"
    (
        flock 9
        [[ -e $layer ]] || {
            rm -rf "$system_layers/$name-"*
            mkdir "$layer.new" "$layer.work"
            unshare --mount --propagation private bash -euo pipefail -c \
                '. scripts/lib/common.sh; . scripts/lib/system.sh; system_fill "$@"' bash "$layer" "$@" >&2
            rm -rf "$layer.work"
            mv "$layer.new" "$layer"
        }
    ) 9>"$system_layers/lock"
    echo "$layer"
}

# Inside: installs packages into an overlay whose upper directory stays.
system_fill() {
    local layer=$1 at
    shift
    at=$(mktemp -d)
    mount -t overlay -o "lowerdir=/,upperdir=$layer.new,workdir=$layer.work" overlay "$at"
    mount -t proc proc "$at/proc"
    mount --rbind /sys "$at/sys"
    mount --rbind /dev "$at/dev"
    mount -t tmpfs tmpfs "$at/run"
    mkdir -p "$at/run/lock"
    cp -L /etc/resolv.conf "$at/etc/resolv.conf" 2>/dev/null || true # a machine without one has proxies instead
    printf '#!/bin/sh\nexit 101\n' >"$at/usr/sbin/policy-rc.d"
    chmod 755 "$at/usr/sbin/policy-rc.d"
    local apt=(chroot "$at" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends
        -o Dpkg::Use-Pty=0)
    "${apt[@]}" install "$@" 2>/dev/null || { "${apt[@]}" update && "${apt[@]}" install "$@"; }
    chroot "$at" apt-get clean
    rm "$at/usr/sbin/policy-rc.d"
    system_defaults "$at"
}

# No unit starts by itself, except what systemd needs: tests enable what they ask for.
system_defaults() {
    local at=$1 unit
    for unit in "${system_masked[@]}"; do ln -sfn /dev/null "$at/etc/systemd/system/$unit"; done
    rm -rf "$at"/etc/systemd/system/{multi-user,network-online,sysinit,timers}.target.wants
    ln -sfn /lib/systemd/system/multi-user.target "$at/etc/systemd/system/default.target"
}

# system_mount DIRECTORY LAYER: mounts a system there, with private /run, /tmp and /dev, and the /sys of the
# caller's network namespace. What it writes goes to memory.
system_mount() {
    local at=$1 layer=$2 device
    mkdir -p "$at" "$at.changes"
    mount -t tmpfs tmpfs "$at.changes"
    mkdir "$at.changes/work"
    # Copied, as the kernel refuses a layer that lies within another.
    cp -a "$layer" "$at.changes/upper"
    mount -t overlay -o "lowerdir=/,upperdir=$at.changes/upper,workdir=$at.changes/work" overlay "$at"
    mount -t sysfs sysfs "$at/sys"
    mount -t tmpfs -o mode=755 tmpfs "$at/run"
    mount -t tmpfs -o mode=1777 tmpfs "$at/tmp"
    mount -t tmpfs -o mode=755 tmpfs "$at/dev"
    mkdir "$at/dev/net" "$at/dev/pts" "$at/dev/shm" "$at/run/lock"
    for device in null zero full random urandom tty net/tun; do
        : >"$at/dev/$device"
        mount --bind "/dev/$device" "$at/dev/$device"
    done
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$at/dev/pts"
    ln -s pts/ptmx "$at/dev/ptmx"
    ln -s /proc/self/fd "$at/dev/fd"
}

# system_boot DIRECTORY: replaces the process, which is the first of its pid namespace, by the systemd of a mounted
# system. The cgroups of that system are below one of its own.
system_boot() {
    local at=$1
    mkdir -p "$at.cgroup"
    mount -t cgroup2 cgroup2 "$at.cgroup"
    mkdir "$at.cgroup/$system_cgroup"
    echo 0 >"$at.cgroup/$system_cgroup/cgroup.procs"
    umount "$at.cgroup"
    mount -t proc proc "$at/proc"
    exec unshare --cgroup -- bash -euc '
        mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
        exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            chroot "$1" /lib/systemd/systemd --system --log-target=journal' bash "$at"
}
