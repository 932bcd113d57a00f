#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# prepare.sh: makes all root file systems for the hosts of the tests, so that no test waits for downloads. Needs root. Takes
# about 8 minutes the first time and a moment later. Uses the network.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/private-root.sh

private_root_layer "${iptables_packages[@]}" >/dev/null
private_root_layer "${firewalld_packages[@]}" >/dev/null
private_root_layer "${system_packages[@]}" >/dev/null
for release in bullseye trixie; do Tests/Hosts/iptables-root.sh "$release" >/dev/null; done
private_root_release trixie >/dev/null
