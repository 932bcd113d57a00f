# SPDX-License-Identifier: GPL-2.0-or-later
# What every script needs. Sourced first; leaves the shell in the root of the package.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
. scripts/lib/packages.sh

# Who is no login shell of root's has no administrator's programs in PATH, also after `su` or sudo.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# as_root COMMAND...: runs it as root, through sudo unless the caller is root already.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        echo "${0##*/}: needs root for this, asking sudo" >&2
        sudo env "PATH=$PATH" "$@"
    else
        die "needs root, and there is no sudo here: run it as root"
    fi
}

# The toolchain is not a Debian package: it has to be there. What it needs is.
need_swift() {
    local said
    command -v swift >/dev/null || die "needs Swift $(<.swift-version) in PATH: https://www.swift.org/install/linux/"
    swift --version >/dev/null 2>&1 || install_packages "${toolchain_packages[@]}"
    said=$(swift --version 2>&1) || die "swift is there but does not run: $said"
}

# swift_libraries: prints where programs of a debug build find Swift's libraries.
swift_libraries() { swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'; }

# The Teredo client makes a tunnel interface; a container may have to be given the device.
need_tunnels() {
    [[ -c /dev/net/tun ]] || as_root modprobe tun ||
        die "needs /dev/net/tun, which this machine or container does not have"
}
