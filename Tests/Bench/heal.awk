# SPDX-License-Identifier: GPL-2.0-or-later
# Reads the output of rule-times ("commit NANOSECONDS RULES NAME") between lines "run WHAT HEALER" and "over", and
# prints for each WHAT the time from the last foreign commit to the healer's commit that put rules back, as JSON
# members. A run in which no rule had to be put back counts as a run, but not as a sample.

# `latest` is the time of the last foreign commit so far, `healed` that of the healer's last commit that added rules, and
# `disturbed` that of the last foreign commit before it.
function close_run() {
    if (what == "") return
    runs[what]++
    if (healed) latency[what, ++n[what]] = (healed - disturbed) / 1000000
    disturbed = healed = latest = 0
    what = ""
}

$1 == "run" {
    close_run()
    what = $2
    healer = $3
    if (!(what in runs)) order[++kinds] = what
    runs[what] += 0
    next
}
$1 == "over" { close_run() }
$1 != "commit" || what == "" { next }
$4 != healer { latest = $2; next }
$3 > 0 && latest { healed = $2; disturbed = latest }

function sorted(what, values,    i, j, v) {
    for (i = 1; i <= n[what]; i++) {
        v = latency[what, i]
        for (j = i - 1; j >= 1 && values[j] > v; j--) values[j + 1] = values[j]
        values[j + 1] = v
    }
}

END {
    close_run()
    for (k = 1; k <= kinds; k++) {
        what = order[k]
        split("", values)
        sorted(what, values)
        printf "\"heal_%s_runs\": %d,\n\"heal_%s_samples\": %d,\n", what, runs[what], what, n[what]
        if (!n[what]) continue
        printf "\"heal_%s_median_ms\": %.3f,\n\"heal_%s_worst_ms\": %.3f,\n", what, values[int((n[what] + 1) / 2)], \
            what, values[n[what]]
    }
}
