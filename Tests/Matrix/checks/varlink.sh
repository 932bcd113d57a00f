#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# varlinkctl, the varlink client of systemd, calls the methods of the control socket.
. "$(dirname "$0")/../host.sh"

command -v varlinkctl >/dev/null || skip_check "there is no varlinkctl"
make_network
start_client
install_teredowall
socket=/run/teredowall/control name=io.teredowall.Exceptions
varlinkctl info "$socket" >/run/info
[[ $(varlinkctl introspect "$socket" "$name") == *"method GetStatus"* ]] || fail "the interface has no method GetStatus"
[[ $(varlinkctl call "$socket" "$name.GetPort" '{}') == *"$port"* ]] || fail "GetPort does not return $port"
varlinkctl call "$socket" "$name.GetStatus" '{}' >/run/status
varlinkctl call --more --timeout=infinity "$socket" "$name.Subscribe" '{}' >/run/changes 2>/run/changes.err &
subscriber=$!
await 5 "the event with the first port" grep -q "$port" /run/changes
first=$port
end_client
start_client
# The rescan replaces the events by which the daemon would notice a real client: its tunnel device and its hook.
teredowall rescan
[[ $port != "$first" ]] || fail "the client got the same port again"
await 5 "the event with the new port" grep -q "$port" /run/changes
kill "$subscriber"
