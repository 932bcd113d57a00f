# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Makes the rpm packages. To be sourced by package, after layout.sh.

# make_rpm BIN VERSION OUTPUT LIBDIR: makes the packages and prints their paths.
make_rpm() {
    local bin=$1 version=$2 output=$3 libdir=$4 work package
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # expand the folder now
    trap "rm -rf '$work'" EXIT
    mkdir -p "$work"/{lists,layout,rpms}
    { programs /usr "$bin" rpm; licences /usr/share/licenses/teredowall; } >"$work/teredowall"
    # The library contains only parts under Apache-2.0, so its package has no text of the GPL.
    { library "$bin" "$libdir"; licences /usr/share/licenses/libteredoport | grep -v GPL-; } >"$work/libteredoport"
    development /usr "$libdir" >"$work/libteredoport-devel"
    for package in teredowall libteredoport libteredoport-devel; do
        install_layout /usr "$work/layout" <"$work/$package"
        rpm_list <"$work/$package" >"$work/lists/$package"
    done
    # Settings that would otherwise be those of the machine, so that packages from two machines are equal. The payload is
    # compressed by zstd at level 19; tests set RPM_PAYLOAD to a faster compression.
    rpmbuild --quiet -bb --nodeps --define "_topdir $work/rpmbuild" --define "_rpmdir $work/rpms" \
        --define "project_version $version" --define "layout $work/layout" --define "lists $work/lists" \
        --define "_buildhost reproducible" --define "use_source_date_epoch_as_buildtime 1" \
        --define "clamp_mtime_to_source_date_epoch 1" --define "debug_package %{nil}" --define "__os_install_post %{nil}" \
        --define "_build_id_links none" --define "_binary_payload ${RPM_PAYLOAD:-w19.zstdio}" \
        scripts/packaging/rpm/teredowall.spec >&2
    for package in "$work"/rpms/*/*.rpm; do
        install -m 644 "$package" "$output"
        echo "$output/${package##*/}"
    done
}

# rpm_list: reads the lines of a function of layout.sh and prints them as lines of the section %files of a .spec file,
# with the folders that belong to this package only.
rpm_list() {
    local mode source target attribute folder
    while read -r mode source target; do
        case $target in
        /etc/teredowall/*.toml) attribute='%config(noreplace)' ;;
        */man/*) attribute='%doc' ;;
        */licenses/*) attribute='%license' ;;
        *) attribute= ;;
        esac
        if [[ $mode == link ]]; then
            echo "$target"
        else
            echo "$attribute %attr($mode, root, root) $target"
        fi
        folder=${target%/*}
        while [[ $folder =~ /((lib)?teredo(wall|port)|miredo.service.d)(/|$) ]]; do
            echo "%dir %attr(755, root, root) $folder"
            folder=${folder%/*}
        done
    done | sort -u
}
