#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that is suspended for longer than the lease, with a native table and with one of iptables: afterwards the
# port of a running client is open, the port of a client that has ended is closed, and the exception of a daemon that
# was killed before the suspension ends with the lease.
. "$(dirname "$0")/../host.sh"

alarm=/sys/class/rtc/rtc0/wakealarm lease=20
[[ $(systemd-detect-virt --container) == none ]] || skip_check "a container cannot be suspended"
[[ $(</sys/power/state) == *mem* && -e $alarm ]] || skip_check "the kernel cannot suspend this machine"

# asleep: prints for how many seconds the machine has been suspended since its boot.
asleep() { python3 -c 'import time; print(int(time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()))'; }
# suspend: suspends the machine until an alarm of its hardware clock, after the lease. An emulated machine may need many
# seconds of that clock before it sleeps.
suspend() {
    local before
    before=$(asleep)
    echo 0 >"$alarm"
    echo +$((lease + 40)) >"$alarm"
    echo mem >/sys/power/state
    (($(asleep) > before + lease)) || fail "suspended for $(($(asleep) - before)) s"
}

prepare_leased_host $lease
for firewall in native iptables; do
    load_strict_firewall "$firewall"
    systemctl start teredowalld
    expect_open
    suspend
    expect_open

    # The client ends while the daemon does not run.
    systemctl kill --signal STOP teredowalld
    end_client
    suspend
    systemctl kill --signal CONT teredowalld
    await 3 "the port of the ended client to be closed" eval '[[ $(nft list ruleset) != *"$port"* ]]'

    start_client
    expect_open
    kill_for_good
    suspend
    # iptables' rules end by the wall clock. The timeouts of a native table do not count the time of the suspension.
    [[ $firewall == iptables ]] || sleep $((lease + 1))
    expect_closed
done
