# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions that print a table of measured figures with their goals. To be sourced. $file is the file of the figures, with a
# JSON member in each line; $missed becomes 1 if a goal is missed.

missed=0

# value MEMBER: prints a figure.
value() { sed -n "s/^\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" "$file"; }

# row WHAT MEASURED UNIT [COMPARISON GOAL]: prints a row; COMPARISON is <= or >=.
row() {
    local verdict='' goal=''
    if [[ ${4:-} ]]; then
        goal="$4 $5 $3"
        verdict=$(awk -v m="$2" -v g="$5" -v c="$4" 'BEGIN { print (c == "<=" ? m <= g : m >= g) ? "yes" : "NO" }')
        [[ $verdict == yes ]] || missed=1
    fi
    printf '| %-60s | %10.2f %-3s | %-12s | %-3s |\n' "$1" "$2" "$3" "$goal" "$verdict"
}

# divided MEMBER NUMBER: prints a figure divided by NUMBER.
divided() { awk -v a="$(value "$1")" -v b="$2" 'BEGIN { print a / b }'; }

heading() {
    printf '| %-60s | %-14s | %-12s | %-3s |\n' '' measured goal met
    printf '|%s|%s|%s|%s|\n' "$(printf -- '-%.0s' {1..62})" "$(printf -- '-%.0s' {1..16})" \
        "$(printf -- '-%.0s' {1..14})" "$(printf -- '-%.0s' {1..5})"
}
