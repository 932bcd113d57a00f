# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions that build for release, for installation and packages. To be sourced after common.sh.

. scripts/lib/dependencies.sh

# A program exports nothing, searches no library beside itself, and is 0.24 MB smaller when optimised for size. Only
# GNU's linker reads ship.ld; the compiler's own linker would make the daemon 58 MB, with all of Foundation's ICU.
release_options=(
    -c release --static-swift-stdlib --disable-local-rpath -debug-info-format none
    -Xswiftc -Osize -Xswiftc -use-ld=bfd
    -Xlinker --no-export-dynamic -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now
    -Xlinker -T -Xlinker "$root/scripts/lib/ship.ld"
)
# Packed relocations save 0.9 MB of the file and 1.7 MB resident; the C library supports them from 2.36 on.
if [[ $(getconf GNU_LIBC_VERSION) =~ \ 2\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 36)); then
    release_options+=(-Xlinker -z -Xlinker pack-relative-relocs)
fi
# C: hardening without measurable cost. No path of the build folder remains in the result.
release_options+=(
    -Xcc -fstack-protector-strong -Xcc -fstack-clash-protection -Xcc "-ffile-prefix-map=$root=."
    -Xswiftc -file-prefix-map -Xswiftc "$root=."
)

# build_release: builds everything for release and sets $bin to the folder of the results.
build_release() {
    need_swift
    install_packages "${build_packages[@]}"
    fetch_dependencies
    local product shell
    bin=$(swift build "${release_options[@]}" --show-bin-path)
    for product in teredowalld teredowall teredoport; do
        swift build "${release_options[@]}" --product "$product" >&2
    done
    mkdir -p "$bin/completions"
    for shell in bash zsh fish; do
        # Without the line "#!": a shell reads the completions and does not run them as a program.
        "$bin/teredowall" --generate-completion-script "$shell" | sed '1{/^#!/d}' \
            >"$bin/completions/teredowall.$shell"
    done
}

# build_library: builds libteredoport alone, without the packages that the programs need; sets $bin.
build_library() {
    need_swift
    install_packages "${build_packages[@]}"
    bin=$(swift build "${release_options[@]}" --disable-default-traits --show-bin-path)
    swift build "${release_options[@]}" --disable-default-traits --product teredoport >&2
}
