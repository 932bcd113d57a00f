#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# conventions.sh: checks that every file names its licence, the right one for its folder, that shell scripts pass
# ShellCheck, the length of README.md, and what only git knows: the length of the subjects of commits, and the dates of
# manual pages. Needs root only to install ShellCheck with apt, if it is missing. Takes seconds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

no_more_arguments "$@"
begin 'root to install' ShellCheck seconds
# Code that any program may link has Apache-2.0; everything else has the licence of libnftnl.
apache_files='Sources/(CLinux|CTeredoPort|Platform|TeredoPort|TeredoPortABI|TeredoPortLibrary|TeredoProtocol)/'
# Files that need not name a licence: licence texts, formats without comments, manual pages of functions (Apache-2.0)
# and test data.
exempt='LICENSE|scripts/packaging/licences/.*|scripts/packaging/debian/(changelog|control|copyright)'
exempt+='|\.swift-(format|version)|.*\.json|scripts/packaging/man/.*\.3'
exempt+='|Tests/.*/(seeds|cases|scenarios|Resources|fixtures|windows)/.*'
exempt+='|rules/(cases|hosts/(shapes|programs))/.*'
status=0

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

(($(wc -l <README.md) <= 120)) || complain "README.md: more than 120 lines: move details to another document"

# The commits after this one have subjects of at most 72 characters.
last_unchecked=731ffb48830e73f4558ed7d63100d9710713eb1f

# check_history: checks subjects and dates. In a shallow clone, it checks the subjects of those commits that are there.
check_history() {
    local range=HEAD is_shallow hash subject page dated changed
    is_shallow=$(git rev-parse --is-shallow-repository)
    if git cat-file -e "$last_unchecked^{commit}" 2>/dev/null; then
        range=$last_unchecked..HEAD
    elif [[ $is_shallow == false ]]; then
        return # another history, for example that of a distribution
    fi
    while read -r hash subject; do
        ((${#subject} <= 72)) || complain "commit $hash: its subject has ${#subject} characters; the limit is 72"
    done < <(git log --format='%h %s' "$range")
    # The oldest commit of a shallow clone seems to change every file.
    [[ $is_shallow == false ]] || return 0
    for page in scripts/packaging/man/*; do
        dated=$(sed -n 's/^\.Dd //p' "$page")
        [[ $dated ]] || continue # only a reference to another page
        dated=$(date -u +%F -d "$dated")
        changed=$(git log -1 --format=%as -- "$page")
        [[ ! $changed > $dated ]] || complain "$page: its .Dd is $dated, but it was changed on $changed"
    done
}
# An archive of the sources has no history. With this locale, lengths of texts are in characters, not in bytes.
if [[ -e .git ]]; then
    LC_ALL=C.UTF-8
    check_history
fi
exit $status
