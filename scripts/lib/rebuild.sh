#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rebuild.sh: builds the product again from the archive of `scripts/package --source`, in another folder and without a
# network, and fails unless every file is identical, bit for bit. Takes as long as a first build, some minutes. Installs
# missing Debian packages for the build with apt, and needs root only for that.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. scripts/lib/build.sh

no_more_arguments "$@"
begin 'root to install' 'packages for the build' 'some minutes'
build_release </dev/null
work=$root/.build/rebuild
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
archive=$(scripts/package --source --output "$work")
tar -x -C "$work" -f "$archive"
second_tree=${archive%.tar.gz}

# shipped TREE BIN: installs the programs in BIN with the scripts of TREE, and prints the names and hashes of the files.
shipped() {
    local destination=$work/installed
    rm -rf "$destination"
    "$1/scripts/install" --prefix /usr --destdir "$destination" --built "$2" >&2
    (cd "$destination" && find . -type f -exec sha256sum {} + | sort -k 2)
}
first=$(shipped "$root" "$bin")
# Also without the caller's git configuration: with `url.FOLDER.insteadOf` in it, Swift's package manager would fetch a
# dependency that the archive lacks from a local copy, which works without a network.
without_network=(unshare --net)
((EUID == 0)) || without_network=(unshare --map-current-user --net)
bin=$("${without_network[@]}" env -C "$second_tree" GIT_CONFIG_GLOBAL=/dev/null bash -euo pipefail -c '
    . scripts/lib/common.sh
    . scripts/lib/build.sh
    build_release </dev/null
    echo "$bin"')
second=$(shipped "$second_tree" "$bin")
diff <(echo "$first") <(echo "$second") >&2 || die "the files of the second build differ"
echo "two builds, in two folders, the second without a network: $(wc -l <<<"$first") files, all identical"
