#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# story.sh FOLDER-OF-PROGRAMS: the steps of scripts/demo, in a lab (Tests/Hosts/lab.sh). Needs root.
set -euo pipefail
export LC_ALL=C.UTF-8
. "$(dirname "$0")/../common.sh"
. Tests/Hosts/lab.sh
. scripts/lib/demo/narration.sh
. scripts/lib/demo/evidence.sh
[[ ${2:-} == --inside ]] || lab_enter bash "$0" "$1" --inside
trap 'echo; die "interrupted"' INT TERM
trap 'status=$?; ((status == 0)) || tail -n 20 "$lab"/*.log >&2; exit $status' EXIT
programs=$1

lab_up host other peer
lab_run host nft -f rules/hosts/strict.nft
# The firewall for packets in the tunnel is the administrator's task; this host answers pings.
lab_run host nft insert rule inet filter input iifname teredo icmpv6 type echo-request accept
lab_run other nft -f rules/hosts/workstation.nft
before=$(ruleset)
lab_client peer
lab_client other
lab_await 10 'the other clients' qualified peer other

chapter 'A host behind a firewall that drops everything, in and out'
listing 'chain inet filter output'
say 'Beside it: an ordinary workstation without teredowall, and a peer somewhere on the Internet.'

chapter 'teredowalld starts: the standing rules, and no port yet'
lab_start teredowalld host "$programs/teredowalld" --runtime-directory /run/teredowall
lab_await 10 'the standing rules' jump_present
listing 'chain inet filter output'
listing 'chain inet filter teredowall-output'
proof 'no port is open' open_is ''

chapter 'The Teredo client starts: its port opens, and it qualifies at once'
start=$(now)
lab_client host
lab_await 10 'qualification' qualified host
took=$(since "$start")
# Miredo repeats a solicitation without an answer after 4 s and after 8 s, and then pauses for 100 s.
proof "port $(client_port) is open, as bound by the client" follows_client
proof "qualified $took after its start; a lost first packet would have cost 4 s, or 108 s" test "${took%.*}" -lt 4
listing 'set inet filter teredowall-ports'
log

chapter 'The proof: all connection tracking is flushed, as when a firewall is loaded anew'
flush_and_ping
proof "peer → this host: $(answers host), nothing lost" test "$(answers host)" == '20 of 20 answered'
proof "peer → host without teredowall: $(answers other)" test "$(answers other)" == '0 of 20 answered'
listing 'chain inet filter teredowall-input'

chapter 'The client is reloaded (SIGHUP): another port'
move_by 'kill -HUP main' signal_client HUP

chapter "The client's worker is killed (SIGKILL): it comes back a second later, with another port"
move_by 'kill -KILL worker' kill_worker

chapter 'The client stops: its port closes, the standing rules remain'
signal_client TERM
lab_await 10 'the port to close' open_is ''
proof 'no port is open' open_is ''
log

chapter 'teredowalld ends (SIGTERM): as if it had never been there'
kill -TERM "$(<"$lab/teredowalld.main")"
proof 'teredowalld exits with status 0' wait "$(<"$lab/teredowalld.main")"
proof 'nft list ruleset is what it was, byte for byte' test "$(ruleset)" == "$before"

chapter 'Meanwhile, without teredowall'
await_other
say "The host without teredowall was cut off for $outage."
printf '\n%sThat was teredowall.%s Its networks, processes and rules are gone with this line.\n' "$bold" "$plain"
