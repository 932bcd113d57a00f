#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# iptables-root.sh RELEASE: prints the path of a directory that contains the iptables of that Debian release and the
# libraries that it needs, to be run with chroot. Made on first use, from the network, but not by a test. Needs no root,
# installs nothing; takes half a minute.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"

release=${1:-}
[[ $release =~ ^[a-z]+$ ]] || misuse "needs the name of a release, not ${release:-nothing}"
no_more_arguments "${@:2}"
packages=(iptables libxtables12 libnftnl11 libmnl0 libip4tc2 libip6tc2 libnetfilter-conntrack3 libnfnetlink0 libc6)
directory=$PWD/.build/private-roots/iptables-$release
if [[ ! -e $directory ]]; then
    may_fetch "iptables of $release"
    mkdir -p "${directory%/*}"
    exec 9>"$directory.lock"
    flock 9
fi
# Another process may have made it meanwhile.
if [[ ! -e $directory ]]; then
    work=$(mktemp -d "$directory.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work"/{lists/partial,archives/partial,debs,root/usr/{bin,sbin,lib,lib64},root/run}
    for name in bin sbin lib lib64; do ln -s "usr/$name" "$work/root/$name"; done
    # apt uses package lists of its own: it neither reads nor changes the lists and packages of the machine.
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
        "$(package_source) $release main" >"$work/sources.list"
    options=(
        -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache::Archives=$work/archives" -o Dir::Cache::pkgcache=
        -o Dir::Cache::srcpkgcache= -o Dir::State::status=/dev/null -o APT::Sandbox::User=root
    )
    apt-get "${options[@]}" update >&2
    (cd "$work/debs" && apt-get "${options[@]}" download "${packages[@]}") >&2
    for package in "$work"/debs/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/root" --keep-directory-symlink
    done
    mv "$work/root" "$directory"
fi
echo "$directory"
