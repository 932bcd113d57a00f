# SPDX-License-Identifier: GPL-2.0-or-later
# Joins the times of the client's first packets (first file: lines "send PORT NANOSECONDS" among others) with the
# times at which the rules for their ports were committed (second file: lines "open PORT NANOSECONDS" among others).
# Prints as JSON members how many rules were committed before the packet, and the median and the least lead: the time
# from the commit to the packet. The variable `name` is the beginning of the members' names.

# A port may occur again: its n-th rule belongs to its n-th packet.
FNR == NR { if ($1 == "send") sent[$2, ++sends[$2]] = $3; next }
$1 == "open" && (($2, opened[$2] + 1) in sent) { lead[++n] = (sent[$2, ++opened[$2]] - $3) / 1000 }

END {
    # Sorts the leads.
    for (i = 1; i <= n; i++) {
        for (j = i - 1; j >= 1 && lead[j] > lead[j + 1]; j--) { t = lead[j]; lead[j] = lead[j + 1]; lead[j + 1] = t }
    }
    for (i = 1; i <= n; i++) early += lead[i] > 0
    printf "\"%s_samples\": %d,\n\"%s_after_rule_percent\": %.2f,\n", name, n, name, n ? 100 * early / n : 0
    printf "\"%s_lead_median_us\": %.1f,\n\"%s_lead_least_us\": %.1f,\n", name, lead[int((n + 1) / 2)], name, lead[1]
}
