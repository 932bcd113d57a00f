#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boundaries.sh [--graph]: checks the imports of each target, which targets use raw memory and descriptors, the length
# of files, that Package.swift declares what each target may import, and that Sources/README.md shows the graph that
# --graph prints. Needs no root, installs nothing; takes seconds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# The modules that each target may import.
declare -A allowed=(
    [TeredoProtocol]=''
    [Platform]='CLinux TeredoProtocol Glibc Synchronization'
    [Bus]='CBus Platform Glibc'
    [Nftables]='CNftables Platform TeredoProtocol Glibc Synchronization'
    [TeredoPort]='Platform TeredoProtocol Synchronization'
    [TeredoPortABI]='CTeredoPort Platform TeredoPort Glibc'
    [TeredoPortLibrary]='TeredoPortABI'
    [Planner]='Nftables TeredoProtocol'
    [Firewalls]='Bus Nftables Planner Platform TeredoProtocol Synchronization'
    [Control]='Configuration Planner Platform FoundationEssentials Synchronization'
    [Configuration]='Planner Platform'
    [Administration]='Configuration Control Firewalls Nftables Planner Platform TeredoPort TeredoProtocol'
    [Daemon]="Configuration Control Firewalls Nftables Planner Platform TeredoPort TeredoProtocol \
        Logging Synchronization"
    [teredowalld]='Daemon'
    [teredowall]='Administration Configuration Control Platform TeredoPort TeredoProtocol ArgumentParser'
)
# From the programs down to the leaves, without C targets and the toolchain's modules.
order=(
    teredowalld teredowall Daemon Administration Control Configuration Firewalls Planner Nftables
    TeredoPortLibrary TeredoPortABI TeredoPort Bus Platform TeredoProtocol
)
# graph: prints for each target the targets that it may import, as Sources/README.md shows them.
graph() {
    local target module
    for target in "${order[@]}"; do
        printf '%-18s' "$target"
        for module in ${allowed[$target]}; do
            [[ ! -v allowed[$module] ]] || printf ' %s' "$module"
        done
        echo
    done | sed 's/ *$//'
}
if [[ ${1:-} == --graph ]]; then
    no_more_arguments "${@:2}"
    graph
    exit
fi
no_more_arguments "$@"

# in_sources NAMES: prints those of the words that are folders of Sources, sorted, in one line.
in_sources() {
    local name
    for name in $1; do [[ ! -d Sources/$name ]] || echo "$name"; done | sort | tr '\n' ' '
}
manifest=$(tr -s ' \n' ' ' <Package.swift)
# declared TARGET: prints the targets of Sources on which a target depends by Package.swift. After the first product of a
# package no target is found: name the products last.
declared() {
    local pattern="arget\\( ?name: \"$1\", dependencies: \\[([^]]*)"
    [[ ! $manifest =~ $pattern ]] || in_sources "$(tr -cs 'A-Za-z' ' ' <<<"${BASH_REMATCH[1]}")"
}

# The targets that may use unsafe pointers, raw descriptors and errno.
raw_targets=' Platform Bus Nftables TeredoPortABI '
import_pattern='^(@[a-z_()]+ )*((public|package|internal|private|fileprivate) )?import '
import_pattern+='((struct|enum|class|func|protocol|typealias|let|var) )?[A-Za-z]+'
status=0

for folder in Sources/*/; do
    target=$(basename "$folder")
    if ! find "$folder" -name '*.swift' | grep -q .; then continue; fi
    [[ -v allowed[$target] ]] || { complain "$target: not in the list of targets"; continue; }
    may_import=$(in_sources "${allowed[$target]}")
    [[ $(declared "$target") == "$may_import" ]] ||
        complain "Package.swift: by boundaries.sh the dependencies of $target are: $may_import"
    # Each line has the file and the last word of the import, which is the module.
    while IFS=: read -r file module; do
        [[ " ${allowed[$target]} " == *" $module "* ]] || complain "$file: $target may not import $module"
    done < <(grep -rEo --include='*.swift' "$import_pattern" "$folder" | sed -E 's/:.* /:/')
    [[ $raw_targets == *" $target "* ]] && continue
    if grep -rnE --include='*.swift' '\b(unsafe|errno)\b|Unsafe[A-Z]' "$folder" |
        grep -vE ':[0-9]+: *//'; then
        complain "$target: raw memory and errno belong in$raw_targets"
    fi
done

while read -r lines file; do
    [[ $file == total ]] || ((lines <= 400)) || complain "$file: $lines lines; the limit is 400: split it"
done < <(tree_files | grep -z -E '^(Sources|Tests|scripts)/' | grep -z -v '^scripts/packaging/licences/' |
    xargs -0 wc -l)
((${#order[@]} == ${#allowed[@]})) || complain "boundaries.sh: order and allowed name different targets"
if [[ $(sed -n '/^```graph$/,/^```$/p' Sources/README.md | sed '1d;$d') != "$(graph)" ]]; then
    complain "Sources/README.md does not show the graph that $0 --graph prints"
fi
exit $status
