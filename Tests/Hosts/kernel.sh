# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Runs a Debian release with its own kernel in a machine that qemu emulates (TCG, which works everywhere, but is about
# ten times slower than the hardware). Sourced after common.sh, private-root.sh and system.sh; as root.

# The memory of the machine, in MiB.
kernel_memory=1024
# The factor by which the time limits of the checks are multiplied.
kernel_slower=3
# The seconds after which a machine is ended.
kernel_limit=7200

# kernel_prepare ROOT [OTHER]: makes a disk image of the release in the directory ROOT, with the cloud kernel of this
# release or of the release OTHER; a cloud kernel is a third of the size of the usual one. The functions below name the
# image ROOT or, with OTHER, ROOT-OTHER. Made once (about 4 minutes). Uses the network.
kernel_prepare() {
    local image=$1${2:+-$2}.image
    [[ ! -e $image/complete ]] || return 0
    install_packages qemu-system-x86 e2fsprogs >&2
    rm -rf "$image"
    mkdir "$image"
    unshare --mount --propagation private -- bash -euo pipefail -c '
        . scripts/lib/common.sh; . Tests/Hosts/private-root.sh; . Tests/Hosts/system.sh; . Tests/Hosts/kernel.sh
        kernel_image "$@"' kernel "$1" "$image" "${2:-}" >&2
    touch "$image/complete"
}

# kernel_image ROOT IMAGE OTHER: makes the disk, kernel and initrd in the folder IMAGE from the release in ROOT, with the
# kernel of the release OTHER unless OTHER is empty. To be run in a mount namespace of its own.
kernel_image() {
    local release=$1 image=$2 other=$3 root_folder=/mnt/root unit
    private_root_mount "" /mnt "$release"
    install -D scripts/lib/packages.sh "$root_folder/run/packages.sh"
    if [[ $other ]]; then
        echo "deb $(package_source) $other main" >"$root_folder/etc/apt/sources.list.d/kernel.list"
        chroot "$root_folder" apt-get -qq update
    fi
    chroot "$root_folder" bash -euo pipefail -c '. /run/packages.sh; install_without_starting "$@"' install \
        initramfs-tools "linux-image-cloud-amd64${other:+/$other}"
    cp "$root_folder"/boot/vmlinuz-* "$image/vmlinuz"
    cp "$root_folder"/boot/initrd.img-* "$image/initrd"
    umount -R "$root_folder"
    mount -t overlay -o "lowerdir=$release,upperdir=/mnt/upper,workdir=/mnt/work" overlay "$root_folder"
    # Unlike in the containers, the units for hardware are needed.
    for unit in "${system_masked[@]}"; do
        [[ $unit == systemd-udev* || $unit == systemd-modules* ]] || ln -sfn /dev/null "$root_folder/etc/systemd/system/$unit"
    done
    rm -rf "$root_folder"/etc/systemd/system/{multi-user,network-online,timers}.target.wants "$root_folder/usr/sbin/policy-rc.d"
    # ferm would load its rules at boot, with iptables-legacy if the kernel supports that.
    rm -f "$root_folder/etc/systemd/system/sysinit.target.wants/ferm.service"
    ln -sfn /lib/systemd/system/multi-user.target "$root_folder/etc/systemd/system/default.target"
    mkdir -p "$root_folder/etc/systemd/system/multi-user.target.wants" "$root_folder/matrix"
    : >"$root_folder/etc/resolv.conf"
    echo host >"$root_folder/etc/hostname"
    cat >"$root_folder/etc/systemd/system/matrix.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
StandardOutput=file:/dev/ttyS1
StandardError=inherit
ExecStart=/bin/sh -c 'tar -xf /dev/vdb -C /matrix && sh /matrix/command; echo "status $?"'
ExecStopPost=/bin/systemctl poweroff --force
END
    ln -s ../matrix.service "$root_folder/etc/systemd/system/multi-user.target.wants/matrix.service"
    rm -f "$image/disk"
    # Room for what a check installs. The file is sparse, so that empty parts take no space.
    truncate -s 3G "$image/disk"
    mke2fs -q -t ext4 -d "$root_folder" "$image/disk"
}

# kernel_version IMAGE: prints the version of the kernel in the image.
kernel_version() { file -b "$1.image/vmlinuz" | sed 's/.*version \([^ ]*\).*/\1/'; }

# kernel_run IMAGE SCRIPT PACKAGES [TESTS]: boots the image, runs SCRIPT of this checkout with copies of the package
# teredowall in the folder PACKAGES and of the folder TESTS, and prints its output. Returns its status, or 1 if it did not
# end; unless that is 0 or 77 (skipped), prints the end of the console's output too.
kernel_run() {
    local image=$1.image script=$2 packages=$3 tests=${4:-} work status
    work=$(mktemp -d)
    mkdir "$work/packages"
    cp "$packages"/teredowall_*.deb "$work/packages"
    cat >"$work/command" <<END
export PATH=/usr/sbin:/usr/bin:/sbin:/bin MATRIX_SLOWER=$kernel_slower MATRIX_TESTS='${MATRIX_TESTS:-}'
exec bash /matrix/$script /matrix/packages${tests:+ /matrix/${tests##*/}}
END
    tar --create --file "$work/payload" Tests scripts rules -C "$work" packages command \
        ${tests:+-C "${tests%/*}" "${tests##*/}"}
    # The time of the machine is the number of its instructions, one per nanosecond, without its idle time. Only the
    # hardware clock, which goes on while the machine is suspended, shows the time outside.
    timeout "$kernel_limit" qemu-system-x86_64 -accel tcg,thread=single -icount shift=0,sleep=off \
        -cpu max,la57=off -smp 1 -m "$kernel_memory" -nographic -no-reboot -nic none \
        -kernel "$image/vmlinuz" -initrd "$image/initrd" \
        -append "root=/dev/vda rw console=ttyS0 systemd.show_status=no quiet mitigations=off" \
        -drive "file=$image/disk,format=raw,if=virtio,snapshot=on" -drive "file=$work/payload,format=raw,if=virtio" \
        -serial "file:$work/console" -serial "file:$work/output" -monitor none </dev/null ||
        true # the status of the check decides
    cat "$work/output"
    status=$(sed -n 's/^status \([0-9]*\)\r*$/\1/p' "$work/output")
    [[ ${status:-1} == @(0|77) ]] || tail -n 50 "$work/console"
    rm -rf "$work"
    return "${status:-1}"
}
