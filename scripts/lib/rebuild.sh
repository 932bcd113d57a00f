#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rebuild.sh: builds the product again from the archive of `scripts/package --source`, in another folder and without a
# network, and fails unless every file is identical, bit for bit. Takes as long as a first build.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. scripts/lib/build.sh

build_release </dev/null
elsewhere=$root/.build/rebuild
rm -rf "$elsewhere"
mkdir -p "$elsewhere"
trap 'rm -rf "$elsewhere"' EXIT
archive=$(scripts/package --source --output "$elsewhere")
tar -x -C "$elsewhere" -f "$archive"
there=${archive%.tar.gz}

# shipped TREE BIN: installs the programs in BIN with the scripts of TREE, and prints the names and hashes of the files.
shipped() {
    local into=$elsewhere/installed
    rm -rf "$into"
    "$1/scripts/install" --prefix /usr --destdir "$into" --built "$2" >&2
    (cd "$into" && find . -type f -exec sha256sum {} + | sort -k 2)
}
first=$(shipped "$root" "$bin")
alone=(unshare --net)
((EUID == 0)) || alone=(unshare --map-current-user --net)
bin=$("${alone[@]}" env -C "$there" GIT_CONFIG_GLOBAL=/dev/null bash -euo pipefail -c '
    . scripts/lib/common.sh
    . scripts/lib/build.sh
    build_release </dev/null
    echo "$bin"')
second=$(shipped "$there" "$bin")
diff <(echo "$first") <(echo "$second") >&2 || die "the files of the second build differ"
echo "two builds, in two folders, the second without a network: $(wc -l <<<"$first") files, all identical"
