#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may import whom, who may touch raw memory and descriptors, and how long a file may be.
set -euo pipefail
. "$(dirname "$0")/common.sh"

declare -A allowed=(
    [Platform]='CBus CLinux Glibc Dispatch Synchronization'
    [Nftables]='CNftables Platform Glibc Dispatch Synchronization'
    [TeredoPort]='Platform Dispatch Synchronization'
    [TeredoPortABI]='CTeredoPort Platform TeredoPort Glibc'
    [TeredoPortLibrary]='TeredoPortABI'
    [Exceptions]='Nftables'
    [Firewalls]='Exceptions Nftables Platform Dispatch Synchronization'
    [Control]='Platform FoundationEssentials Dispatch Synchronization'
    [TeredowallService]='Control Exceptions Firewalls Nftables Platform TeredoPort Logging TOMLKit Dispatch Synchronization'
    [teredowalld]='TeredowallService'
    [teredowall]='Control Platform TeredoPort TeredowallService ArgumentParser'
)
raw=' Platform Nftables TeredoPortABI '
status=0
complain() { echo "$*" >&2; status=1; }

for folder in Sources/*/; do
    target=$(basename "$folder")
    if ! find "$folder" -name '*.swift' | grep -q .; then continue; fi
    [[ -v allowed[$target] ]] || { complain "$target: not in the list of targets"; continue; }
    while IFS=: read -r file module; do
        [[ " ${allowed[$target]} " == *" $module "* ]] || complain "$file: $target may not import $module"
    done < <(grep -rEo --include='*.swift' \
        '^(@[a-z_()]+ )*((public|package|internal|private|fileprivate) )?import ((struct|enum|class|func|protocol|typealias|let|var) )?[A-Za-z]+' \
        "$folder" | sed -E 's/:.* /:/')
    [[ $raw == *" $target "* ]] && continue
    if grep -rnE --include='*.swift' '\b(unsafe|errno)\b|Unsafe[A-Z]' "$folder" |
        grep -vE ':[0-9]+: *//'; then
        complain "$target: raw memory and errno belong in$raw"
    fi
done

while read -r lines file; do
    [[ $file == total ]] || ((lines <= 400)) || complain "$file: $lines lines, split it"
done < <(git ls-files -z 'Sources/*' 'Tests/*' 'scripts/*' | xargs -0 wc -l)
exit $status
