# SPDX-License-Identifier: GPL-2.0-or-later
# Joins what the client did (first file: "bind|close PORT NANOSECONDS") with what the kernel's rules did after
# it (second file: "open|close PORT NANOSECONDS"), and prints both latencies as JSON members. With open_name and
# close_name they have other names.

FNR == NR { did[$1 == "bind" ? "open" : "close", $2, ++count[$1, $2]] = $3; binds += $1 == "bind"; next }
{
    # The same port may come twice: each commit answers the oldest deed that has none.
    key = $1 SUBSEP $2
    deed = $1 SUBSEP $2 SUBSEP (answered[key] + 1)
    if (deed in did && $3 >= did[deed]) {
        answered[key]++
        latency[$1, ++n[$1]] = ($3 - did[deed]) / 1000
        delete did[deed]
    }
}

function sorted(what, values,    i, j, v) {
    for (i = 1; i <= n[what]; i++) {
        v = latency[what, i]
        for (j = i - 1; j >= 1 && values[j] > v; j--) values[j + 1] = values[j]
        values[j + 1] = v
    }
}

function member(name, value) { printf "\"%s\": %.1f,\n", name, value }

function report(what, name,    values, count) {
    sorted(what, values)
    count = n[what]
    member(name "_samples", count)
    member(name "_median_us", values[int((count + 1) / 2)])
    member(name "_p99_us", values[int(count * 0.99 + 0.999)])
    member(name "_max_us", values[count])
}

END {
    report("open", open_name ? open_name : "bind_to_rule")
    report("close", close_name ? close_name : "close_to_no_rule")
    for (deed in did) missing++
    if (!open_name || open_name == "bind_to_rule") printf "\"unanswered\": %d,\n", missing
    if (n["open"] < reloads || n["close"] < reloads || missing) {
        print "latencies: of " reloads " reloads " n["open"] " openings and " n["close"] " closings seen, " \
            missing + 0 " never answered" > "/dev/stderr"
        exit 1
    }
}
