# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Makes the Debian packages. Sourced by scripts/package, after layout.sh.

# make_debs BIN VERSION OUTPUT: makes the packages and prints their paths.
make_debs() {
    local bin=$1 version=$2 output=$3 work package tree
    local architecture libdir
    architecture=$(dpkg --print-architecture)
    libdir=/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # expand the folder now
    trap "rm -rf '$work'" EXIT
    mkdir "$work/debian"
    cp scripts/packaging/debian/control "$work/debian/control"
    sed "1s/(.*)/($version)/" scripts/packaging/debian/changelog >"$work/debian/changelog"

    programs /usr "$bin" deb | install_layout /usr "$work/debian/teredowall"
    library "$bin" "$libdir" | install_layout /usr "$work/debian/libteredoport1"
    development /usr "$libdir" | install_layout /usr "$work/debian/libteredoport-dev"
    for package in libteredoport1 libteredoport-dev teredowall; do
        tree=$work/debian/$package
        mkdir -p "$tree/DEBIAN"
        deb_documents "$work" "$package"
        deb_scripts "$tree" "$package" "$version"
        deb_control "$work" "$package"
        dpkg-deb --root-owner-group --build "$tree" "$output/${package}_${version}_$architecture.deb" >&2
        echo "$output/${package}_${version}_$architecture.deb"
    done
}

# deb_documents WORK PACKAGE: adds the documents that every package has, compressed as Debian requires.
deb_documents() {
    local tree=$1/debian/$2 documents=$1/debian/$2/usr/share/doc/$2
    mkdir -p "$documents"
    install -m 644 scripts/packaging/debian/copyright "$documents/copyright"
    gzip -9nc "$1/debian/changelog" >"$documents/changelog.gz"
    chmod 644 "$documents/changelog.gz"
    if [[ -e scripts/packaging/debian/$2.lintian-overrides ]]; then
        install -D -m 644 "scripts/packaging/debian/$2.lintian-overrides" "$tree/usr/share/lintian/overrides/$2"
    fi
    [[ ! -d $tree/usr/share/man ]] || find "$tree/usr/share/man" -type f -exec gzip -9n {} +
}

# deb_scripts TREE PACKAGE VERSION: adds the maintainer scripts, conffiles, triggers and shlibs.
deb_scripts() {
    local tree=$1
    case $2 in
    teredowall)
        install -m 755 scripts/packaging/debian/{postinst,prerm,postrm} "$tree/DEBIAN"
        (cd "$tree" && find etc -type f | sort | sed 's,^,/,') >"$tree/DEBIAN/conffiles"
        ;;
    libteredoport1)
        echo "activate-noawait ldconfig" >"$tree/DEBIAN/triggers"
        echo "libteredoport 1 libteredoport1 (>= $3)" >"$tree/DEBIAN/shlibs"
        ;;
    esac
}

# deb_control WORK PACKAGE: writes the control file and the checksums; dependencies follow from the libraries that the
# programs need.
deb_control() {
    local work=$1 package=$2 binaries
    # The files in ELF format, whose bytes 2 to 4 are "ELF".
    mapfile -t binaries < <(cd "$work" && find "debian/$package/usr" -type f -exec sh -c \
        'for f; do [ "$(head -c 4 "$f" | tail -c 3)" != ELF ] || echo "$f"; done' sh {} +)
    (
        cd "$work"
        libc_dependency=
        if ((${#binaries[@]})); then
            dpkg-shlibdeps -T"debian/$package.substvars" "${binaries[@]}"
            # dpkg-shlibdeps does not notice the requirement of packed relocations.
            if [[ $(readelf --version-info --wide "${binaries[@]}") == *GLIBC_ABI_DT_RELR* ]]; then
                libc_dependency="libc6 (>= 2.36)"
            fi
        fi
        echo "misc:Depends=$libc_dependency" >>"debian/$package.substvars"
        cd "debian/$package"
        find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums
        cd "$work"
        # The list of packages (-f) is for Debian's own build, and not used here.
        dpkg-gencontrol -p"$package" -P"debian/$package" -T"debian/$package.substvars" -f"$work/files" \
            -O"debian/$package/DEBIAN/control"
        cd "debian/$package/DEBIAN"
        for file in control md5sums shlibs triggers conffiles; do [[ ! -e $file ]] || chmod 644 "$file"; done
    )
}
