#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench-table.sh FILE: prints the figures of a bench.json beside their goals. Fails if a goal is missed.
set -euo pipefail
file=$1
. "$(dirname "$0")/table.sh"

# ratio MEMBER MEMBER: prints the quotient of two figures.
ratio() { divided "$1" "$(value "$2")"; }

echo "Kernel $(value kernel), $(value processors) processors (load $(value load_before) before)," \
    "$(value reloads) reloads of a Teredo client"
echo
heading
row 'port swap, one transaction, back to back' "$(divided swap_hot_median_ns 1000)" us
row '  every 5 ms (cold caches)' "$(divided swap_cold_median_ns 1000)" us
row '  relative to plain C' "$(ratio swap_hot_median_ns swap_plain_hot_median_ns)" x '<=' 1.3
row '  relative to plain C, cold caches' "$(ratio swap_cold_median_ns swap_plain_cold_median_ns)" x '<=' 1.3
row '  with 50 000 foreign rules in the table, relative to none' \
    "$(ratio swap_hot_50000_rules_median_ns swap_hot_median_ns)" x '<=' 1.5
row '    cold caches' \
    "$(ratio swap_cold_50000_rules_median_ns swap_cold_median_ns)" x '<=' 1.5
row '`nft -f -` relative to the swap with cold caches' \
    "$(ratio swap_spawned_nft_median_ns swap_cold_median_ns)" x '>=' 100
row "client's bind to committed rule, median" "$(divided bind_to_rule_median_us 1000)" ms '<=' 0.15
row "client's bind to committed rule, 99 %" "$(divided bind_to_rule_p99_us 1000)" ms '<=' 1
row '  of it until the kernel has reported the bind, median' "$(divided bind_to_event_median_us 1000)" ms
row '  of it until the sockets have been read, median' "$(divided bind_to_look_median_us 1000)" ms
row '    99 %' "$(divided bind_to_look_p99_us 1000)" ms
row '  beside 10 000 other sockets, median' "$(divided bind_to_rule_beside_sockets_median_us 1000)" ms
row '    99 %' "$(divided bind_to_rule_beside_sockets_p99_us 1000)" ms
row '  beside 5 000 foreign chains, median' "$(divided bind_to_rule_beside_chains_median_us 1000)" ms
row '    99 %' "$(divided bind_to_rule_beside_chains_p99_us 1000)" ms
row '  without reports of binds, median' "$(divided bind_to_rule_without_probe_median_us 1000)" ms
row '  without reports of binds, 99 %' "$(divided bind_to_rule_without_probe_p99_us 1000)" ms
row '  of a client without a tunnel device, median' "$(divided bind_to_rule_without_tunnel_median_us 1000)" ms
row '  of a client without a tunnel device, 99 %' "$(divided bind_to_rule_without_tunnel_p99_us 1000)" ms
row '  at 50 starts a second, median' "$(divided bind_to_rule_burst_median_us 1000)" ms
row '  at 50 starts a second, 99 %' "$(divided bind_to_rule_burst_p99_us 1000)" ms
row "client's first packet after the rule" "$(value first_packet_after_rule_percent)" % '>=' 99
row '  without reports of binds' "$(value first_packet_without_probe_after_rule_percent)" %
row "client's close to removed rule, median" "$(divided close_to_no_rule_median_us 1000)" ms '<=' 0.3
row "client's close to removed rule, 99 %" "$(divided close_to_no_rule_p99_us 1000)" ms '<=' 2
row "client's bind to the library's callback, median" "$(divided bind_to_callback_median_us 1000)" ms
row "client's bind to the library's callback, 99 %" "$(divided bind_to_callback_p99_us 1000)" ms
row 'later call of GetTeredoPort, beside 10 sockets' "$(value port_later_10_us)" us
row '  beside 10 000' "$(value port_later_10000_us)" us '<=' 1000
row '  beside 100 000' "$(value port_later_100000_us)" us
row "  first call of a process beside 10 000, with a Teredo address" "$(value port_first_10000_us)" us '<=' 1000
row "    beside 100 000" "$(value port_first_100000_us)" us
row "    beside 10 000, without a Teredo address" "$(value port_first_without_address_10000_us)" us
row 'GetTeredoPort without a client beside 10 000, CPU' "$(value get_without_client_10000_cpu_us)" us
row '  beside 100 000' "$(value get_without_client_100000_cpu_us)" us
row 'loading the library (dlopen)' "$(divided dlopen_us 1000)" ms
row '  memory that a registration adds to a C program' "$(divided callback_resident_kB 1000)" MB '<=' 6
row '    of it anonymous' "$(divided callback_anonymous_kB 1000)" MB '<=' 0.5
row '    threads' "$(value callback_threads)" '' '<=' 2
row '    descriptors' "$(value callback_descriptors)" '' '<=' 4
row '  the same with the descriptor interface' "$(divided descriptor_resident_kB 1000)" MB '<=' 6
row '    threads' "$(value descriptor_threads)" '' '<=' 0
row "bind to rule beside 16 busy control clients, relative to none" \
    "$(ratio control_open_beside_calls_ms control_open_alone_ms)" x '<=' 1.1
row '  processor time of the daemon for these clients' "$(value control_processor_for_calls_percent)" % '<=' 10
row '  processor time of the daemon for the Teredo client' "$(value control_processor_alone_percent)" %
row 'planning with 20 000 rules, relative to reading them' \
    "$(ratio plan_20000_rules_median_us read_20000_rules_median_us)" x '<=' 1
row '  with 100 000' "$(ratio plan_100000_rules_median_us read_100000_rules_median_us)" x '<=' 1
row '  peak memory of both with 100 000' "$(divided plan_100000_rules_peak_kB 1000)" MB '<=' 37
row 'resident memory of the daemon, at rest' "$(divided resident_bytes 1000000)" MB '<=' 9
row '  of it anonymous' "$(divided anonymous_bytes 1000000)" MB '<=' 2
row 'size of the daemon, stripped' "$(divided stripped_bytes 1000000)" MB '<=' 16
row 'threads of the daemon' "$(value threads)" ''
row 'voluntary context switches per idle minute' "$(value voluntary_context_switches_per_idle_minute)" '' '<=' 7
exit $missed
