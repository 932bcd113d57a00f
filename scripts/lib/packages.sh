# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Installs the Debian packages for building, testing and the demonstration. To be sourced by the scripts.

build_packages=(binutils g++ libc6-dev libnftnl-dev libmnl-dev libsystemd-dev pkg-config)
# For checking the sources.
check_packages=(clang-format shellcheck)
# The libraries that the programs of Swift's toolchain are linked with.
toolchain_packages=(libcurl4-openssl-dev libncurses-dev libsqlite3-dev libxml2-dev)
# For the labs (Tests/Hosts/lab.sh) of the tests and the demonstration.
lab_packages=(nftables iptables iproute2 iputils-ping conntrack miredo miredo-server)
# For programs that tests build with the library: compilers of other languages, and libraries whose headers must work
# beside the header of libteredoport.
library_packages=(gcc golang-go libglib2.0-dev libpcsclite-dev libuv1-dev mingw-w64-common python3 python3-cffi
    rustc unixodbc-dev)
# For tests of the service, its packages and its shell completions.
service_packages=(systemd dpkg-dev rpm zsh fish)
# For those tests that need no root: systemd-analyze, compilers of C and C++, and the interpreter of an independent client.
unprivileged_packages=(systemd gcc g++ python3 python3-venv)
# For the tests in which system calls fail: strace makes the calls fail, iptables sets up a host, python3 runs the tests.
fault_packages=(strace iptables python3)
# Services that their packages would start at once and at every boot; install_without_starting prevents that.
unwanted_services=(miredo miredo-server)

# may_fetch WHAT: dies in a program that a test started, because a test may neither install nor download anything. Tests
# start programs with TEREDOWALL_OFFLINE=1.
may_fetch() {
    [[ ! ${TEREDOWALL_OFFLINE:-} ]] || die "there is no $1, and a test fetches nothing: run Tests/Hosts/prepare.sh first"
}

# package_source: prints the URL from which apt gets this machine's Debian packages.
package_source() {
    local codename found
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
    # shellcheck disable=SC2016 # variables of apt
    found=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Component: main' |
        awk -v name="$codename" '$1 == name || $1 == "sid" || $1 == "unstable" { print $2; exit }')
    [[ $found ]] || die "apt has no source of Debian's packages for $codename"
    echo "$found"
}

# install_packages NAME...: installs those packages that are missing, without asking questions.
install_packages() {
    local missing=() name
    for name; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>&1) == installed ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    may_fetch "${missing[*]}"
    command -v apt-get >/dev/null ||
        die "needs ${missing[*]} (their Debian names) and can install them only with apt"
    echo "Installing ${missing[*]} with apt." >&2
    as_root bash -euo pipefail -c \
        '. "$0"; install_without_starting "$@"' "${BASH_SOURCE[0]}" "${missing[@]}" </dev/null >&2
}

# install_without_starting NAME...: installs packages, but starts no service, neither now nor at the next boot. To be run
# as root.
install_without_starting() {
    export DEBIAN_FRONTEND=noninteractive
    local apt=(apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    local policy=/usr/sbin/policy-rc.d service new_services=()
    for service in "${unwanted_services[@]}"; do
        [[ ! " $* " == *" $service "* ]] || new_services+=("$service")
    done
    # Status 101 of this program forbids the packages to start services.
    if [[ ! -e $policy ]]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    # Fetches the package lists only if they are missing or too old.
    "${apt[@]}" install "$@" 2>/dev/null || { "${apt[@]}" update && "${apt[@]}" install "$@"; }
    for service in "${new_services[@]}"; do update-rc.d "$service" disable; done
}
