#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# conventions.sh: checks that every file names its licence, the right one for its folder, and that shell scripts pass
# ShellCheck.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# Code that any program may link has Apache-2.0; everything else has the licence of libnftnl.
apache_files='Sources/(CLinux|CTeredoPort|Platform|TeredoPort|TeredoPortABI|TeredoPortLibrary|TeredoProtocol)/'
# Files that need not name a licence: licence texts, formats without comments, manual pages of functions (Apache-2.0)
# and test data.
exempt='LICENSE|scripts/packaging/licences/.*|scripts/packaging/debian/(changelog|control|copyright)'
exempt+='|\.swift-(format|version)|.*\.json|scripts/packaging/man/.*\.3'
exempt+='|Tests/.*/(seeds|cases|scenarios|Resources|fixtures|windows)/.*'
exempt+='|rules/(cases|hosts/(shapes|programs))/.*'
status=0
complain() { echo "$*" >&2; status=1; }

scripts=()
while IFS= read -r -d '' file; do
    [[ ! $file =~ ^($exempt)$ ]] || continue
    licence=GPL-2.0-or-later
    [[ ! $file =~ ^$apache_files ]] || licence=Apache-2.0
    mapfile -t named < <(sed -n 's/.*SPDX-License-Identifier: \([-.A-Za-z0-9]*\).*/\1/p' "$file" | head -n 1)
    [[ ${named[*]} == "$licence" ]] || complain "$file: names ${named[*]:-no licence}, must name $licence"
    read -r first <"$file" || continue # an empty file
    # A shell script has a shell in its first line, or is called *.sh.
    [[ ! $first =~ ^\#!.*(/|\ )(ba|da)?sh && $file != *.sh ]] || scripts+=("$file")
done < <(tree_files)

# A script that has passed is checked again only when it or .shellcheckrc has changed since.
passed=.build/shellcheck
[[ $passed -nt .shellcheckrc ]] || rm -f "$passed"
if [[ -e $passed ]]; then mapfile -t scripts < <(find "${scripts[@]}" -newer "$passed"); fi
if ((${#scripts[@]})); then
    install_packages shellcheck
    mkdir -p .build
    touch "$passed.new"
    if printf '%s\0' "${scripts[@]}" | xargs -0 -n 12 -P "$(nproc)" shellcheck; then
        mv "$passed.new" "$passed"
    else
        status=1
    fi
fi
exit $status
