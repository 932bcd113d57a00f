# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Makes the archive of the sources. To be sourced by package.

# make_source VERSION OUTPUT: makes the archive and prints its path.
make_source() {
    local name=teredowall-$1 output=$2 work folder
    fetch_dependencies
    folder=$(dependencies_folder)
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # expand the folder now
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
