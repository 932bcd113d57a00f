# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Builds the tests of KernelTests for another system. Sourced after common.sh.

# kernel_tests DIRECTORY: puts the program with the tests there, and what the tests need: the daemon and the command beside
# it, Swift's libraries, the path of this checkout, in which the tests look for files, and the other releases' iptables,
# which the tests would otherwise download.
kernel_tests() {
    . scripts/lib/build.sh
    need_swift
    install_packages "${build_packages[@]}"
    fetch_dependencies
    local options=(--build-tests "${runner_options[@]}") bin bundle program release
    TEREDOWALL_TESTS=KernelTests swift build "${options[@]}" </dev/null
    bin=$(TEREDOWALL_TESTS=KernelTests swift build "${options[@]}" --show-bin-path)
    bundle=$bin/teredowallPackageTests.xctest
    rm -rf "$1"
    mkdir -p "$1/lib" "$1/roots"
    strip --strip-debug -o "$1/tests" "$bundle"
    for program in teredowall teredowalld; do strip --strip-debug -o "$1/$program" "$bin/$program"; done
    ldd "$bundle" "$bin"/teredowall{,d} | awk -v folder="$(swift_libraries)/" 'index($3, folder) == 1 { print $3 }' | sort -u |
        xargs cp --dereference --target-directory "$1/lib"
    for release in bullseye trixie; do cp -a "$(as_root Tests/Hosts/iptables-root.sh "$release")" "$1/roots"; done
    pwd >"$1/checkout"
}
