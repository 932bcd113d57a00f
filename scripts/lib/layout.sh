# SPDX-License-Identifier: GPL-2.0-or-later
# Which file goes where. Sourced by install and package.

# layout PREFIX: prints "MODE SOURCE DESTINATION" for every file that needs no building, and "link TARGET NAME" for
# links. With the prefix /usr the files that other packages' tools run go where packages put theirs, else where
# administrators do: those tools do not look into /usr/local.
layout() {
    local prefix=$1 libexec=$1/libexec/teredowall nm networkd state page
    if [[ $prefix == /usr ]]; then
        nm=/usr/lib/NetworkManager/dispatcher.d networkd=/usr/lib/networkd-dispatcher
    else
        nm=/etc/NetworkManager/dispatcher.d networkd=/etc/networkd-dispatcher
    fi
    echo "644 scripts/packaging/etc/teredowall.toml /etc/teredowall/teredowall.toml"
    echo "644 scripts/packaging/systemd/teredowalld.service $prefix/lib/systemd/system/teredowalld.service"
    echo "644 scripts/packaging/systemd/teredowalld@.service $prefix/lib/systemd/system/teredowalld@.service"
    echo "644 scripts/packaging/systemd/miredo.service.d/teredowall.conf" \
        "$prefix/lib/systemd/system/miredo.service.d/teredowall.conf"
    echo "755 scripts/packaging/network/network-event $libexec/network-event"
    echo "755 scripts/packaging/network/miredo-client-hook $libexec/miredo-client-hook"
    echo "755 scripts/packaging/network/miredo-client-hook.distributed $libexec/miredo-client-hook.distributed"
    echo "755 scripts/packaging/network/ifupdown /etc/network/if-up.d/teredowall"
    echo "755 scripts/packaging/network/ifupdown /etc/network/if-post-down.d/teredowall"
    echo "755 scripts/packaging/network/networkmanager $nm/no-wait.d/50-teredowall"
    echo "link no-wait.d/50-teredowall $nm/50-teredowall"
    for state in routable degraded no-carrier off; do
        echo "755 scripts/packaging/network/networkd-dispatcher $networkd/$state.d/50-teredowall"
    done
    for page in teredowall.8 teredowalld.8 teredowall.toml.5; do
        echo "644 scripts/packaging/man/$page $prefix/share/man/man${page##*.}/$page"
    done
}

# built PREFIX BIN LIBDIR: the same for what `swift build` left in BIN, with libraries going to LIBDIR, and for what
# the programs then print about themselves, in BIN/completions.
built() {
    local prefix=$1 bin=$2 libdir=$3
    echo "755 $bin/teredowalld $prefix/sbin/teredowalld"
    echo "755 $bin/teredowall $prefix/bin/teredowall"
    echo "644 $bin/completions/teredowall.bash $prefix/share/bash-completion/completions/teredowall"
    echo "644 $bin/completions/teredowall.zsh $prefix/share/zsh/vendor-completions/_teredowall"
    echo "644 $bin/completions/teredowall.fish $prefix/share/fish/vendor_completions.d/teredowall.fish"
    library "$prefix" "$bin" "$libdir"
}

# library PREFIX BIN LIBDIR: the same for what programs in C need of libteredoport.
library() {
    local prefix=$1 bin=$2 libdir=$3 name=libteredoport.so version page
    version=$(sed -n 's/^Version: //p' Sources/CTeredoPort/teredoport.pc)
    echo "644 $bin/$name $libdir/$name.$version"
    echo "link $name.$version $libdir/$name.${version%%.*}"
    echo "link $name.${version%%.*} $libdir/$name"
    echo "644 Sources/CTeredoPort/include/netioapi.h $prefix/include/teredoport/netioapi.h"
    echo "644 Sources/CTeredoPort/include/teredoport_windows.h $prefix/include/teredoport/teredoport_windows.h"
    echo "644 Sources/CTeredoPort/teredoport.pc $libdir/pkgconfig/teredoport.pc"
    for page in scripts/packaging/man/*.3; do
        echo "644 $page $prefix/share/man/man3/${page##*/}"
    done
}

# place PREFIX ROOT: installs what it reads from `layout` and `built` below ROOT. Programs lose their symbols; the
# paths in texts, which are those of the prefix /usr, become those of PREFIX.
place() {
    local prefix=$1 destination=$2 mode source target
    while read -r mode source target; do
        mkdir -p "$destination${target%/*}"
        if [[ $mode == link ]]; then
            ln -sfn "$source" "$destination$target"
        elif [[ $source == */teredowalld || $source == */teredowall || $source == *.so ]]; then
            install -m "$mode" -s --strip-program="${STRIP:-strip}" "$source" "$destination$target"
        elif [[ $source == *.pc ]]; then
            sed -e "s,^prefix=.*,prefix=$prefix," -e "s,^libdir=.*,libdir=${target%/pkgconfig/*}," "$source" |
                install -m "$mode" /dev/stdin "$destination$target"
        elif [[ $prefix == /usr || $source == *.toml ]]; then
            install -m "$mode" "$source" "$destination$target"
        else
            sed -E "s,/usr/(bin/teredowall|sbin/teredowalld|libexec/teredowall)\\b,$prefix/\\1,g" "$source" |
                install -m "$mode" /dev/stdin "$destination$target"
        fi
    done
}
