# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions that make rulesets with many foreign rules. To be sourced; needs root and a network namespace of its own.

# many_rules COUNT: prints COUNT rules in nft's language.
many_rules() {
    awk -v count="$1" 'BEGIN { for (i = 0; i < count; i++) print "tcp dport " 1 + i % 65000 " counter accept" }'
}

# strict_host CHAIN COUNT: replaces the ruleset by rules/hosts/strict.nft, with COUNT more rules in the chain CHAIN of
# its table.
strict_host() {
    nft flush ruleset
    nft -f rules/hosts/strict.nft
    nft -f - <<<"table inet filter {
        chain $1 {
            $(many_rules "$2")
        }
    }"
}
