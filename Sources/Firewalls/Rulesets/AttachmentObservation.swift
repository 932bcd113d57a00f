// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner
internal import Platform

/// The rules and elements at one place right now.
public struct AttachmentObservation: Sendable {
    public var place: Attachment
    public var rows: [ExceptionRow]
    /// Remaining lifetime of the openings without renewal; nil where nothing is open or nothing expires.
    public var leaseRemaining: Duration?
}

/// Reads rules, counters and leases at places where exceptions are in force, over a connection of its own, so that
/// nobody who asks delays what ``NftablesFirewall`` has to do.
///
/// Not for concurrent use; its calls block for as long as the kernel takes.
public final class AttachmentObserver {
    private let connection: RulesetConnection

    public init(connection: RulesetConnection) { self.connection = connection }

    /// What carries these openings at each place. What has vanished meanwhile is left out: the commit that took it
    /// away is being answered elsewhere.
    public func observe(_ places: [Attachment], openings: Openings) -> [AttachmentObservation] {
        places.map { place in
            let rules = place.chainsOfOurs.flatMap { chain in (try? connection.rules(of: chain)) ?? [] }
            return AttachmentObservation(
                place: place, rows: ExceptionRow.rows(among: rules, of: openings),
                leaseRemaining: leaseRemaining(at: place, rules))
        }
    }

    private func leaseRemaining(at place: Attachment, _ rules: [Rule]) -> Duration? {
        if let set = place.standingSet {
            return (try? connection.elements(of: set))?.compactMap(\.remaining).min()
        }
        let now = WallClock.now
        return rules.compactMap(\.leaseEnd).map { .seconds(max(0, $0.seconds - now)) }.min()
    }
}
