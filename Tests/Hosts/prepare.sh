#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# prepare.sh [--without-root | SUITE...]: fetches all that the tests need, so that no test installs or downloads anything.
# With names of test targets (SystemTests, for example) only what these need, and with --without-root only what the tests
# need that need no root. scripts/check and scripts/test call it; call it before `swift test`.
#
# Installs the Debian packages for the build, the labs, the service, the faults and the users of the library. Downloads a
# Python package and promtool into .build, and makes there root file systems of the tests' hosts. Needs root, for which it
# calls sudo; with --without-root only to install packages. Takes about 10 minutes the first time and a moment later.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/private-root.sh

# The script calls itself as root with --roots.
roots='' without_root=''
case ${1:-} in
--roots) roots=yes && shift ;;
--without-root)
    without_root=yes && shift
    no_more_arguments "$@"
    ;;
esac
for suite; do [[ -d Tests/$suite && $suite == *Tests ]] || misuse "unknown argument $suite"; done
suites=" $* "

# needed_by SUITE...: whether one of these suites is wanted; without names all are.
needed_by() {
    local suite
    [[ $suites =~ [^\ ] ]] || return 0
    for suite; do [[ $suites != *" $suite "* ]] || return 0; done
    return 1
}

if [[ $roots ]]; then
    release=${TEREDOWALL_FIREWALLD_RELEASE:-}
    if needed_by KernelTests; then
        private_root_layer "${iptables_packages[@]}" >/dev/null
        for name in bullseye trixie; do bash Tests/Hosts/iptables-root.sh "$name" >/dev/null; done
    fi
    if needed_by FirewalldTests; then
        private_root_layer "${firewalld_packages[@]}" >/dev/null
        [[ ! $release ]] || private_root_release "$release" >/dev/null
    fi
    if needed_by SystemTests; then private_root_layer "${system_packages[@]}" >/dev/null; fi
    # SystemTests run a systemd of trixie. Without names, scripts/test runs FirewalldTests also with the firewalld of trixie,
    # and two scenarios of Tests/Neighbour, which need iptables alone.
    if needed_by SystemTests; then private_root_release trixie >/dev/null; fi
    if [[ ! $* ]]; then private_root_layer iptables >/dev/null; fi
    exit
fi

if [[ $without_root ]]; then
    begin 'root to install' 'compilers, Python and systemd' 'a minute the first time'
    install_packages "${build_packages[@]}" "${unprivileged_packages[@]}"
    Tests/Hosts/varlink-client.sh >/dev/null
    exit
fi
begin root 'packages for the build, the labs, the service, the faults and users of the library' \
    'about 10 minutes the first time, then a moment'
install_packages "${build_packages[@]}" "${lab_packages[@]}" "${fault_packages[@]}" "${library_packages[@]}" \
    "${service_packages[@]}" "${unprivileged_packages[@]}"
# By the caller and not as root, so that the files belong to the caller.
if needed_by ControlTests; then bash Tests/Hosts/varlink-client.sh >/dev/null; fi
if needed_by SystemTests; then bash Tests/Hosts/promtool.sh >/dev/null; fi
if needed_by KernelTests FirewalldTests SystemTests; then
    as_root env "TEREDOWALL_FIREWALLD_RELEASE=${TEREDOWALL_FIREWALLD_RELEASE:-}" bash Tests/Hosts/prepare.sh --roots "$@"
fi
