# SPDX-License-Identifier: GPL-2.0-or-later
# Joins the client's calls (first file: lines "bind|close PORT NANOSECONDS") with the following changes of the rules
# (second file: lines "open|close PORT NANOSECONDS"), and prints the latencies of both as JSON members. The variables
# open_name and close_name replace the beginnings of the members' names. It is an error if there are fewer changes than
# the variable reloads, or if a call has no change.

FNR == NR { call_time[$1 == "bind" ? "open" : "close", $2, ++count[$1, $2]] = $3; next }
{
    # A port may occur twice: a change belongs to the oldest call that has no change yet.
    key = $1 SUBSEP $2
    call = $1 SUBSEP $2 SUBSEP (joined[key] + 1)
    if (call in call_time && $3 >= call_time[call]) {
        joined[key]++
        latency[$1, ++n[$1]] = ($3 - call_time[call]) / 1000
        delete call_time[call]
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
    # As README.md defines it.
    member(name "_p99_us", values[int((count * 99 + 99) / 100)])
    member(name "_max_us", values[count])
}

END {
    report("open", open_name ? open_name : "bind_to_rule")
    report("close", close_name ? close_name : "close_to_no_rule")
    for (call in call_time) missing++
    if (!open_name || open_name == "bind_to_rule") printf "\"calls_without_change\": %d,\n", missing
    if (n["open"] < reloads || n["close"] < reloads || missing) {
        print "latencies: of " reloads " reloads " n["open"] " openings and " n["close"] " closings found, " \
            missing + 0 " calls without a change" > "/dev/stderr"
        exit 1
    }
}
