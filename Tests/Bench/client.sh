# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions that measure a real client on the host `host` of a lab. To be sourced after lab.sh. $tools is the folder of the
# programs of Tests/Bench, $reloads the number of reloads.

qualified() { [[ -n $(lab_address_of host) ]]; }

# client_start: starts the client, whose calls are recorded in $lab/client-times, and waits until it has an address.
client_start() {
    lab_start host host env LD_PRELOAD="$tools/client-times.so" CLIENT_TIMES="$lab/client-times" \
        miredo -f -c "$lab/host.conf" -p "$lab/host.pid"
    lab_await 10 qualification qualified
}

# client_reload: reloads the client $reloads times, and writes the recorded calls to $lab/client.
client_reload() {
    local i
    # The client qualifies within 0.1 s of a reload; for the rest of the 0.3 s the machine is idle, as usual in practice.
    echo "Reloading the client $reloads times …" >&2
    for ((i = 0; i < reloads; i++)); do
        kill -HUP "$(<"$lab/host.pid")"
        sleep 0.3
    done
    lab_await 10 qualification qualified
    # Skips the 64 bytes before the first line, and the unused rest of each line.
    tail -c +65 "$lab/client-times" | tr -d '\0' >"$lab/client"
}
