# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The destinations of installed files. To be sourced by install and by the package makers, after common.sh.
#
# Each function prints "MODE SOURCE DESTINATION" for files and "link TARGET NAME" for links. KIND is the kind of
# installation: `deb` and `rpm` for packages, `local` for an installation by an administrator. NetworkManager,
# networkd-dispatcher and fish do not search /usr/local: their files go to their folders for packages under /usr if the
# prefix is /usr, otherwise to their folders under /etc.

# programs PREFIX BIN KIND: the files of the package teredowall; BIN is the result of `build_release`.
programs() {
    local prefix=$1 bin=$2 kind=$3 libexec=$1/libexec/teredowall packaging=scripts/packaging page example
    echo "755 $bin/teredowalld $prefix/sbin/teredowalld"
    echo "755 $bin/teredowall $prefix/bin/teredowall"
    echo "644 $packaging/etc/teredowall.toml /etc/teredowall/teredowall.toml"
    echo "644 $packaging/systemd/teredowalld.service $prefix/lib/systemd/system/teredowalld.service"
    echo "644 $packaging/systemd/teredowalld@.service $prefix/lib/systemd/system/teredowalld@.service"
    echo "644 $packaging/systemd/miredo.service.d/teredowall.conf" \
        "$prefix/lib/systemd/system/miredo.service.d/teredowall.conf"
    echo "755 $packaging/network/network-event $libexec/network-event"
    echo "755 $packaging/network/miredo-client-hook $libexec/miredo-client-hook"
    echo "755 $packaging/network/miredo-client-hook.distributed $libexec/miredo-client-hook.distributed"
    network_scripts "$prefix" "$kind"
    completions "$prefix" "$bin" "$kind"
    for page in teredowall.8 teredowalld.8 teredowall.toml.5 teredowall-json.5; do
        echo "644 $packaging/man/$page $prefix/share/man/man${page##*.}/$page"
    done
    [[ $kind != deb ]] || echo "755 $packaging/init/sysv /etc/init.d/teredowalld"
    echo "644 README.md $prefix/share/doc/teredowall/README.md"
    echo "755 $packaging/examples/check_teredowall $prefix/share/doc/teredowall/examples/check_teredowall"
    for example in README prometheus-rules.yml teredowall-metrics.service teredowall-metrics.timer; do
        echo "644 $packaging/examples/$example $prefix/share/doc/teredowall/examples/$example"
    done
    echo "644 $packaging/io.teredowall.Exceptions.varlink $prefix/share/teredowall/io.teredowall.Exceptions.varlink"
    [[ $kind == deb ]] || echo "644 $packaging/init/openrc $prefix/share/doc/teredowall/init/openrc"
    [[ $kind == deb ]] || echo "755 $packaging/init/runit $prefix/share/doc/teredowall/init/runit"
}

# network_scripts PREFIX KIND: the scripts that report to the daemon that an interface came up or went down. Only Debian
# and its derivatives have ifupdown.
network_scripts() {
    local prefix=$1 kind=$2 network_manager networkd state network=scripts/packaging/network
    if [[ $prefix == /usr ]]; then
        network_manager=/usr/lib/NetworkManager/dispatcher.d networkd=/usr/lib/networkd-dispatcher
    else
        network_manager=/etc/NetworkManager/dispatcher.d networkd=/etc/networkd-dispatcher
    fi
    if [[ $kind != rpm ]]; then
        echo "755 $network/ifupdown /etc/network/if-up.d/teredowall"
        echo "755 $network/ifupdown /etc/network/if-post-down.d/teredowall"
    fi
    # NetworkManager does not wait for a script in no-wait.d, and runs it only if dispatcher.d has a link to it.
    echo "755 $network/networkmanager $network_manager/no-wait.d/50-teredowall"
    echo "link no-wait.d/50-teredowall $network_manager/50-teredowall"
    for state in routable degraded no-carrier off; do
        echo "755 $network/networkd-dispatcher $networkd/$state.d/50-teredowall"
    done
}

# completions PREFIX BIN KIND: the completions that the command prints for the shells. Debian's zsh has a folder for
# packages.
completions() {
    local prefix=$1 bin=$2/completions zsh=site-functions fish=/usr/share/fish/vendor_completions.d
    [[ $3 != deb ]] || zsh=vendor-completions
    # Unlike bash and zsh, fish searches its own prefix only.
    [[ $prefix == /usr ]] || fish=/etc/fish/completions
    echo "644 $bin/teredowall.bash $prefix/share/bash-completion/completions/teredowall"
    echo "644 $bin/teredowall.zsh $prefix/share/zsh/$zsh/_teredowall"
    echo "644 $bin/teredowall.fish $fish/teredowall.fish"
}

# library BIN LIBDIR: the files needed by programs built with libteredoport.
library() {
    local bin=$1 libdir=$2 name=libteredoport.so version
    version=$(library_version)
    echo "644 $bin/$name $libdir/$name.$version"
    echo "link $name.$version $libdir/$name.${version%%.*}"
}

# development PREFIX LIBDIR: the further files needed to build such programs.
development() {
    local prefix=$1 libdir=$2 name=libteredoport.so version header page
    version=$(library_version)
    echo "link $name.${version%%.*} $libdir/$name"
    for header in netioapi.h teredoport_windows.h; do
        echo "644 Sources/CTeredoPort/include/$header $prefix/include/teredoport/$header"
    done
    echo "644 Sources/CTeredoPort/teredoport.pc $libdir/pkgconfig/teredoport.pc"
    for page in scripts/packaging/man/*.3; do
        echo "644 $page $prefix/share/man/man3/${page##*/}"
    done
}

# library_version: prints the version of libteredoport, which is part of the names of its files.
library_version() { sed -n 's/^Version: //p' Sources/CTeredoPort/teredoport.pc; }

# licences FOLDER: the authors, and the licence texts. Not for Debian's packages, because Debian has the texts already.
licences() {
    echo "644 scripts/packaging/debian/copyright $1/copyright"
    echo "644 LICENSE $1/GPL-2.0.txt"
    echo "644 scripts/packaging/licences/GPL-3.0.txt $1/GPL-3.0.txt"
    echo "644 scripts/packaging/licences/Apache-2.0.txt $1/Apache-2.0.txt"
}

# install_layout PREFIX ROOT: reads lines as the functions above print them, and installs these files and links below ROOT.
# Strips programs and the library, and changes the paths in texts from the prefix /usr to PREFIX.
install_layout() {
    local prefix=$1 destination=$2 mode source target
    while read -r mode source target; do
        mkdir -p "$destination${target%/*}"
        if [[ $mode == link ]]; then
            ln -sfn "$source" "$destination$target"
        elif [[ $source == */teredowalld || $source == */teredowall || $source == *.so ]]; then
            install -m "$mode" -s --strip-program="${STRIP:-strip}" "$source" "$destination$target"
        elif [[ $source == *.pc ]]; then
            sed -e '/^# SPDX/d' -e "s,^prefix=.*,prefix=$prefix," -e "s,^libdir=.*,libdir=${target%/pkgconfig/*}," "$source" |
                install -m "$mode" /dev/stdin "$destination$target"
        elif [[ $prefix == /usr || $source == *.toml || $source == *.txt ]]; then
            install -m "$mode" "$source" "$destination$target"
        else
            sed -E "s,/usr/(bin/teredowall|sbin/teredowalld|libexec/teredowall)\\b,$prefix/\\1,g" "$source" |
                install -m "$mode" /dev/stdin "$destination$target"
        fi
    done
}
