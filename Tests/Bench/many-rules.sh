# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Rulesets with many rules of others in them, to measure beside. Sourced; as root, in a namespace of one's own.

# many_rules COUNT: prints them in nft's language.
many_rules() {
    awk -v count="$1" 'BEGIN { for (i = 0; i < count; i++) print "tcp dport " 1 + i % 65000 " counter accept" }'
}

# strict_host CHAIN COUNT: has nothing but rules/hosts/strict.nft in force, and so many rules more in that chain of its table.
strict_host() {
    nft flush ruleset
    nft -f rules/hosts/strict.nft
    nft -f - <<<"table inet filter {
        chain $1 {
            $(many_rules "$2")
        }
    }"
}
