# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The output of the demonstration: chapters, commands with their output, claims with their proof. To be sourced.

# pause: the seconds to wait before each chapter, so that a person can read at a terminal.
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m' pause=${DEMO_PAUSE:-1.5}
else
    bold='' dim='' green='' red='' plain='' pause=${DEMO_PAUSE:-0}
fi
chapters=0

# chapter TITLE: waits for the pause, and prints the number of the next chapter and its title.
chapter() {
    sleep "$pause"
    chapters=$((chapters + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$chapters" "$1" "$plain"
}

say() { printf '   %s\n' "$*"; }

# show TITLE: prints its input as evidence, indented.
show() {
    printf '   %s$ %s%s\n' "$dim" "$1" "$plain"
    sed "s/^/   $dim│$plain /"
}

# proof CLAIM COMMAND...: shows the claim as true if the command succeeds; otherwise the demonstration fails.
proof() {
    local claim=$1
    shift
    if "$@"; then
        printf '   %s✓%s %s\n' "$green" "$plain" "$claim"
    else
        printf '   %s✗ %s%s\n' "$red" "$claim" "$plain"
        die "failed: $claim"
    fi
}

# now: prints the time in microseconds: EPOCHREALTIME without its decimal point or comma.
now() { echo "${EPOCHREALTIME//[.,]/}"; }

# since TIME: prints the time since TIME (a result of now), as "0.123 s".
since() { awk -v t="$(($(now) - $1))" 'BEGIN { printf "%.3f s", t / 1e6 }'; }
