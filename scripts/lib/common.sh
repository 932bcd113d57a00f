# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions that all scripts use. To be sourced first; changes to the root folder of the package.

# The help of a script is its header comment: from line 2 to the first line that is no comment, without the licence and
# the marks of comments. With --help or -h among the arguments, a script prints it and does nothing else.
for argument; do
    if [[ ($argument == --help || $argument == -h) && -f $0 ]]; then
        sed -n '2,/^[^#]/{/^# SPDX/d; s/^#$//p; s/^# //p}' "$0"
        exit
    fi
done
unset argument

caller_folder=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
. scripts/lib/packages.sh

# In a shell of root that is not a login shell, also after `su` or sudo, PATH lacks the administrator's programs.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# die MESSAGE...: prints the words as one line to standard error, after the name of the script, and exits with status 1.
die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# misuse MESSAGE...: like die, for wrong arguments: exits with status 2.
misuse() {
    echo "${0##*/}: $*; see ${0##*/} --help" >&2
    exit 2
}

# no_more_arguments [ARGUMENT...]: refuses the first argument, if there is one. For what is left when all known arguments
# have been taken.
no_more_arguments() { (($# == 0)) || misuse "unknown argument $1"; }

# complain MESSAGE...: prints the words as one line to standard error and sets $status to 1, for checks that go on.
complain() {
    echo "$*" >&2
    status=1
}

# begin ROOT INSTALLS TIME: prints, in one line, what the script is about to need; dies if it needs root and there is no way
# to get it. ROOT is `root`, `root to install` (only for missing packages), or `to be run as root`, which does not call sudo.
# INSTALLS names the kinds of Debian packages that are installed if they are missing, or is empty. Scripts that this one
# calls print nothing.
begin() {
    [[ ! ${TEREDOWALL_BEGUN:-} ]] || return 0
    local needs="needs $1"
    [[ $1 != 'root to install' ]] || needs='needs root only to install packages'
    if ((EUID != 0)) && [[ $1 == root* ]]; then needs+=", for which it calls sudo"; fi
    echo "${0##*/}: $needs; installs ${2:-nothing}${2:+, if missing}; takes $3." >&2
    case $1 in
    root) ((EUID == 0)) || command -v sudo >/dev/null || die "there is no sudo here: run it as root" ;;
    'to be run as root') ((EUID == 0)) || die "run it as root" ;;
    esac
    export TEREDOWALL_BEGUN=yes
}

# from_caller PATH: prints PATH as an absolute path. A relative one counts from the folder where the script was called.
from_caller() { [[ $1 == /* ]] && echo "$1" || echo "$caller_folder/$1"; }

# project_version: prints the version of the package, from its change log.
project_version() { sed -n '1s/^teredowall (\(.*\)) .*/\1/p' scripts/packaging/debian/changelog; }

# project_time: prints the time of this tree: that of its commit or, without one, of its change log.
project_time() {
    if [[ -e .git ]]; then
        git log -1 --format=%ct
    else
        date +%s -d "$(sed -n '/^ -- /{s/.*>  //p;q}' scripts/packaging/debian/changelog)"
    fi
}

# tree_files: prints the names of the files of this tree, each ended by a NUL.
tree_files() {
    if [[ -e .git ]]; then
        git ls-files -z --cached --others --exclude-standard --deduplicate | while IFS= read -r -d '' file; do
            [[ ! -e $file ]] || printf '%s\0' "$file"
        done
    else
        find . \( -path ./.build -o -path ./dependencies \) -prune -o -type f -printf '%P\0'
    fi
}

# as_root COMMAND...: runs a command as root, with sudo unless the caller is root.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        echo "${0##*/}: needs root for this, calling sudo" >&2
        sudo env "PATH=$PATH" "TEREDOWALL_BEGUN=${TEREDOWALL_BEGUN:-}" "$@"
    else
        die "needs root, and there is no sudo here: run it as root"
    fi
}

# need_swift: ensures that `swift` runs, or dies. Installs Debian's package of Swift if there is none in PATH and the release
# has one (unstable does), and the libraries that the toolchain needs. Sets runner_options, the options for builds of tests:
# Debian's toolchain lacks a library that the runner of the tests would be linked with.
need_swift() {
    local version_output
    if ! command -v swift >/dev/null && apt-cache show swiftlang >/dev/null 2>&1; then install_packages swiftlang; fi
    command -v swift >/dev/null || die "needs Swift 6.2.3 or later in PATH: https://www.swift.org/install/linux/"
    swift --version >/dev/null 2>&1 || install_packages "${toolchain_packages[@]}"
    version_output=$(swift --version 2>&1) || die "swift is there but does not run: $version_output"
    runner_options=()
    [[ -e $(swift_libraries)/linux/lib_Testing_Foundation.so ]] ||
        runner_options=(-Xswiftc -Xfrontend -Xswiftc -disable-cross-import-overlays)
}

# swift_libraries: prints the folder of Swift's libraries, which programs of a debug build need.
swift_libraries() { swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'; }

# need_tunnels: ensures that there is a device for tunnel interfaces, which the Teredo client makes; dies if there is none, as
# in some containers.
need_tunnels() {
    [[ -c /dev/net/tun ]] || as_root modprobe tun ||
        die "needs /dev/net/tun, which this machine or container does not have"
}
