# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What every script needs. Sourced first; leaves the shell in the root of the package.

# A script's help is its header.
if [[ ${1:-} == --help && -f $0 ]]; then
    sed -n '2,/^[^#]/{/^# SPDX/d; s/^#$//p; s/^# //p}' "$0"
    exit
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
. scripts/lib/packages.sh

# Who is no login shell of root's has no administrator's programs in PATH, also after `su` or sudo.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# project_version: prints the version of the whole package, which the change log has.
project_version() { sed -n '1s/^teredowall (\(.*\)) .*/\1/p' scripts/packaging/debian/changelog; }

# project_time: prints the time of what this tree holds: of its commit, or where there is none, of its change log.
project_time() {
    if [[ -e .git ]]; then
        git log -1 --format=%ct
    else
        date +%s -d "$(sed -n '/^ -- /{s/.*>  //p;q}' scripts/packaging/debian/changelog)"
    fi
}

# tree_files: prints the names of the files that this tree consists of, each ended by a NUL.
tree_files() {
    if [[ -e .git ]]; then
        git ls-files -z --cached --others --exclude-standard --deduplicate | while IFS= read -r -d '' file; do
            [[ ! -e $file ]] || printf '%s\0' "$file"
        done
    else
        find . \( -path ./.build -o -path ./dependencies \) -prune -o -type f -printf '%P\0'
    fi
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

# The toolchain has to be there, unless Debian has it as a package, which unstable does. What it needs is installed.
need_swift() {
    local said
    if ! command -v swift >/dev/null && apt-cache show swiftlang >/dev/null 2>&1; then install_packages swiftlang; fi
    command -v swift >/dev/null || die "needs Swift 6.3 or later in PATH: https://www.swift.org/install/linux/"
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
