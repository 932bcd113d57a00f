# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions for a private root file system, for programs that must not change the machine's: an overlay whose lower layer is
# the machine's root file system or a Debian release, and whose upper layer, in memory, has further Debian packages and all
# changes. Nothing is written to the machine's files. To be sourced after common.sh; needs root.

# The packages of the tests' hosts that the machine may lack.
system_packages=(dbus ifupdown lintian network-manager networkd-dispatcher systemd-sysv)
firewalld_packages=(firewalld dbus iptables)
iptables_packages=(iptables ufw)

# private_root_enter COMMAND...: replaces this process by COMMAND, in namespaces for mounts, processes and network
# that end with it.
private_root_enter() {
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net -- "$@"
}

# private_root_layer PACKAGE...: prints the path of an archive of the files that these packages add to the machine.
# Made once, and again when the machine's packages have changed (about 10 s), but not by a test (see may_fetch). Uses the
# network.
private_root_layer() {
    local cache=.build/private-roots key
    key=$(cat /var/lib/dpkg/status <(echo "$@") | sha256sum)
    local layer=$cache/${key:0:16}.tar
    [[ -e $layer ]] || may_fetch "private root with $*"
    mkdir -p "$cache"
    (
        flock 9
        [[ -e $layer ]] || unshare --mount --propagation private -- bash -euo pipefail -c \
            '. scripts/lib/common.sh; . Tests/Hosts/private-root.sh; private_root_install "$@"' \
            private-root "$layer" "$@" >&2
    ) 9>"$cache/lock" || return # in $(…) a failure would not end the script by itself
    # A layer that was not used for a week belongs to an older state of the machine.
    find "$cache" -name '*.tar' -mtime +7 ! -path "$layer" -delete
    touch --no-create "$layer"
    echo "$PWD/$layer"
}

# private_root_install LAYER PACKAGE...: makes the archive LAYER of the files that these packages add. To be run in a mount
# namespace of its own.
private_root_install() {
    local layer=$1 directory=/mnt resolver_file
    shift
    private_root_mount "" "$directory"
    # The list of name servers may be in /run, in place of which the private root has an empty file system.
    resolver_file=$(readlink -f /etc/resolv.conf)
    [[ $resolver_file != /run/* ]] || install -D "$resolver_file" "$directory/root$resolver_file"
    chroot "$directory/root" bash -euo pipefail -c 'cd "$0"; . scripts/lib/common.sh; install_without_starting "$@"' \
        "$PWD" "$@"
    # Under another name first, so that there is never an incomplete archive.
    tar --create --file "$layer.new" --numeric-owner --xattrs --xattrs-include='trusted.*' \
        --exclude=./var/cache/apt --exclude=./tmp -C "$directory/upper" .
    mv "$layer.new" "$layer"
}

# The packages in the root file system of every release: firewalls, the client, and the tools of the checks.
release_packages=(
    conntrack cron dbus ferm firewalld ifupdown init-system-helpers iproute2 iptables iputils-ping kmod libmnl0 libnftnl11
    libstdc++6 libsystemd0 miredo miredo-server nftables procps python3 shorewall systemd systemd-sysv ufw
)

# private_root_release RELEASE: prints the path of a directory with that release of Debian and these packages, to be
# used below a private root in place of the machine's. Made once (some minutes), from the machine's package source, but not
# by a test (see may_fetch).
private_root_release() {
    local source key directory layer record=.build/private-roots/source
    # A test does not ask apt for the source, but reads what was recorded when the directory was made.
    if [[ ! ${TEREDOWALL_OFFLINE:-} ]]; then
        # In $(…) a failure would not end the script by itself.
        source=$(package_source) || return
        mkdir -p "${record%/*}"
        echo "$source" >"$record"
    fi
    [[ -e $record ]] || may_fetch "root file system of $1"
    source=$(<"$record")
    key=$(sha256sum <<<"$source ${release_packages[*]}")
    directory=$PWD/.build/private-roots/$1-${key:0:8}
    [[ -e $directory/complete ]] || may_fetch "root file system of $1"
    mkdir -p "$directory"
    (
        flock 9
        [[ ! -e $directory/complete ]] || exit 0
        layer=$(private_root_layer debootstrap) || exit
        unshare --mount --propagation private -- bash -euo pipefail -c \
            '. scripts/lib/common.sh; . Tests/Hosts/private-root.sh; private_root_bootstrap "$@"' \
            private-root "$layer" "$directory" "$1" "${release_packages[@]}" >&2
    ) 9>"$directory.lock" || return
    echo "$directory"
}

# private_root_bootstrap LAYER DIRECTORY RELEASE PACKAGE...: installs RELEASE with these packages in DIRECTORY, with the
# debootstrap in LAYER. To be run in a mount namespace of its own.
private_root_bootstrap() {
    local layer=$1 directory=$2 release=$3 name
    shift 3
    rm -rf --one-file-system "${directory:?}"/*
    private_root_mount "$layer" /mnt
    chroot /mnt/root debootstrap --variant=minbase "$release" "$directory" "$(package_source)"
    # Some packages can be configured only with these file systems, and so not during debootstrap.
    for name in proc sys dev; do mount --rbind "/$name" "$directory/$name"; done
    install -D scripts/lib/packages.sh "$directory/packages.sh"
    chroot "$directory" bash -euo pipefail -c '. /packages.sh; install_without_starting "$@"' install "$@"
    rm -rf "$directory"/{packages.sh,var/cache/apt/archives/*.deb}
    touch "$directory/complete"
}

# private_root_mount LAYER DIRECTORY [BASE_ROOT]: mounts a private root at DIRECTORY/root, with its own /run, above
# BASE_ROOT (default: the machine's root). An empty LAYER adds no packages. To be called only in a private mount namespace.
private_root_mount() {
    local directory=$2 name
    private_root_overlay "$@"
    for name in proc sys dev; do mount --rbind "/$name" "$directory/root/$name"; done
}

# private_root_overlay LAYER DIRECTORY [BASE_ROOT]: like private_root_mount, but without /proc, /sys and /dev.
private_root_overlay() {
    local layer=$1 directory=$2 base_root=${3:-/} name
    # Opened first, because the mount may hide the path of the layer.
    [[ -z $layer ]] || exec {archive}<"$layer"
    mount -t tmpfs -o mode=755 private-root "$directory"
    mkdir "$directory"/{upper,work,root}
    [[ -z $layer ]] || tar --extract --xattrs --xattrs-include='trusted.*' -C "$directory/upper" <&"$archive"
    # The overlay does not show other file systems that are mounted below BASE_ROOT; those that programs need are mounted
    # again.
    mount -t overlay -o "lowerdir=$base_root,upperdir=$directory/upper,workdir=$directory/work" overlay "$directory/root"
    mount -t tmpfs -o mode=755 run "$directory/root/run"
    mount -t tmpfs tmp "$directory/root/tmp"
    # This checkout and Swift's libraries: the mounts above may hide them, or they may be on other file systems.
    for name in "$PWD" $(! command -v swiftc >/dev/null || swift_libraries); do
        mkdir -p "$directory/root$name"
        mount --bind "$name" "$directory/root$name"
    done
}
