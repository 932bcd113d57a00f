# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what is installed and packaged. Sourced after common.sh.

# A program exports nothing. Optimised for size it is 0.24 MB smaller.
release_options=(-c release --static-swift-stdlib -Xswiftc -Osize -Xlinker --no-export-dynamic)
# Packed relocations spare 0.9 MB of the file and 1.7 MB resident; the C library understands them from 2.36 on.
if [[ $(getconf GNU_LIBC_VERSION) =~ \ 2\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 36)); then
    release_options+=(-Xswiftc -use-ld=bfd -Xlinker -z -Xlinker pack-relative-relocs)
fi

# build_release: builds everything for release, sets $bin to where it is.
build_release() {
    need_swift
    install_packages "${build_packages[@]}"
    local product shell
    bin=$(swift build "${release_options[@]}" --show-bin-path)
    for product in teredowalld teredowall; do
        swift build "${release_options[@]}" --product "$product" >&2
    done
    if grep -q '"teredoport"' Package.swift; then
        swift build "${release_options[@]}" --product teredoport >&2
    fi
    mkdir -p "$bin/completions"
    for shell in bash zsh fish; do
        # They are read by the shell, not run.
        "$bin/teredowall" --generate-completion-script "$shell" | sed '1{/^#!/d}' \
            >"$bin/completions/teredowall.$shell"
    done
}

# build_library: builds libteredoport alone, without the packages that the programs need; sets $bin to where it is.
build_library() {
    need_swift
    install_packages "${build_packages[@]}"
    bin=$(swift build "${release_options[@]}" --disable-default-traits --show-bin-path)
    swift build "${release_options[@]}" --disable-default-traits --product teredoport >&2
}
