// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
public import Planner

/// What the kernel holds at one place right now.
public struct AttachmentObservation: Sendable {
    public var place: Attachment
    public var rows: [ExceptionRow]
    /// How long the openings would live without renewal; nil where nothing is open or nothing expires.
    public var leaseRemaining: Duration?
}

extension NftablesFirewall {
    /// Reads rules, counters and lease at every place. What has vanished meanwhile is left out.
    public func observe() -> [AttachmentObservation] {
        places.map { place in
            AttachmentObservation(
                place: place, rows: rows(at: place), leaseRemaining: leaseRemaining(at: place))
        }
    }

    private func rows(at place: Attachment) -> [ExceptionRow] {
        // A chain that is gone has no rows; the commit that took it away is being answered elsewhere.
        guard let openings else { return [] }
        return place.chainsOfOurs.flatMap { chain in (try? connection.rules(of: chain)) ?? [] }
            .compactMap { ExceptionRow($0, of: openings) }
    }

    private func leaseRemaining(at place: Attachment) -> Duration? {
        if let set = place.standingSet {
            return (try? connection.elements(of: set))?.compactMap(\.remaining).min()
        }
        // As with the rows: what cannot be read is about to be looked at anyway.
        let rules = place.chainsOfOurs.flatMap { chain in (try? connection.rules(of: chain)) ?? [] }
        return rules.compactMap(\.leaseEnd).map { .seconds(max(0, $0.seconds - now.seconds)) }.min()
    }
}
