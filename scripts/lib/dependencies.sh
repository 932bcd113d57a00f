# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The sources of other projects that are built into the programs, each pinned by a hash of its contents. To be sourced
# after common.sh.

# dependencies_folder: prints the folder where Package.swift finds the dependencies: inside this tree, as in the archive of
# `scripts/package --source`, or the checkouts of Swift's package manager.
dependencies_folder() { [[ -d dependencies ]] && echo dependencies || echo .build/checkouts; }

# dependency_hash FOLDER: prints one hash of all names and contents, except git's own files.
dependency_hash() {
    (cd "$1" && find . -path ./.git -prune -o -type l -printf '%p -> %l\n' -o -type f -exec sha256sum {} + |
        LC_ALL=C sort | sha256sum | cut -d ' ' -f 1)
}

# dependencies_used FOLDER: prints the names of the dependencies in FOLDER that are used. Swift's package manager may leave
# unused ones there; it writes Package.resolved when it fetches the dependencies.
dependencies_used() {
    if [[ $1 == dependencies ]]; then
        basename -a dependencies/*/
    else
        # The last part of each dependency's URL.
        sed -n 's,.*"location" *: *".*/\([^/]*\)"\,*,\1,p' Package.resolved | sed 's/\.git$//'
    fi
}

# dependencies_differ: prints the names of the dependencies that differ from dependencies.txt; its status is 0 if there are
# any, otherwise 1.
dependencies_differ() {
    local name hash folder status=1
    folder=$(dependencies_folder)
    while read -r name hash; do
        [[ $name != \#* ]] || continue
        [[ -d $folder/$name && $(dependency_hash "$folder/$name") == "$hash" ]] || { echo "$name" && status=0; }
    done <scripts/lib/dependencies.txt
    # In a new checkout there is no list of the used ones before the first fetch.
    [[ $folder == dependencies || -e Package.resolved ]] || return "$status"
    # A dependency that is not pinned is refused too.
    while read -r name; do
        grep -q "^$name " scripts/lib/dependencies.txt || { echo "$name" && status=0; }
    done < <(dependencies_used "$folder")
    return "$status"
}

# fetch_dependencies: ensures that the dependencies are present and as pinned; uses the network only if necessary.
fetch_dependencies() {
    local different
    different=$(dependencies_differ) || return 0
    if [[ ! -d dependencies ]]; then
        need_swift
        swift package resolve </dev/null >&2
    fi
    ! different=$(dependencies_differ) || die "not the contents that scripts/lib/dependencies.txt pins:" \
        "$(tr '\n' ' ' <<<"$different")in $(dependencies_folder)"
}
