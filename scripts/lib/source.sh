# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Makes the archive of the sources. Sourced by package.

# make_source VERSION OUTPUT: prints where the archive is.
make_source() {
    local name=teredowall-$1 output=$2 work folder
    fetch_dependencies
    folder=$(dependencies_folder)
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # this folder, whatever becomes of the variable
    trap "rm -rf '$work'" EXIT
    mkdir -p "$work/$name/dependencies"
    tree_files | tar --create --no-recursion --null --files-from=- | tar --extract -C "$work/$name"
    dependencies_used "$folder" | tar --create --exclude=.git -C "$folder" --files-from=- |
        tar --extract -C "$work/$name/dependencies"
    find "$work/$name" -exec chmod u=rwX,go=rX {} +
    tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work" "$name" |
        gzip -9n >"$output/$name.tar.gz"
    echo "$output/$name.tar.gz"
}
