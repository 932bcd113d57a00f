// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control

extension Sheet {
    /// Adds the line about a running client's tunnel, which shows whether Teredo works. `tunnel` is nil when there
    /// is none.
    mutating func tunnel(_ tunnel: TunnelStatus?, now: Moment) {
        guard let tunnel else {
            return field("Teredo", "not qualified: no interface has a Teredo address", .yellow)
        }
        let since = tunnel.since.map { " for \(now.elapsed(since: $0))" } ?? ""
        field(
            "Teredo", "qualified\(since): \(tunnel.address) on \(tunnel.interface), server \(tunnel.server)")
    }
}
