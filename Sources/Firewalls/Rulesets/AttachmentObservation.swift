// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner
internal import Platform

/// The rules and counters of one attachment, and the rest of its lease, read from the kernel.
public struct AttachmentObservation: Sendable {
    public var place: Attachment
    public var rows: [ExceptionRow]
    /// The remaining lifetime of the openings without renewal; nil where nothing is open or nothing expires.
    public var leaseRemaining: Duration?
}

/// Reads rules, counters and leases of attachments over a connection of its own, so that answering a status
/// request does not delay ``NftablesFirewall``.
///
/// Not for concurrent use. Calls block until the kernel has answered.
public final class AttachmentObserver {
    private let connection: RulesetConnection

    public init(connection: RulesetConnection) { self.connection = connection }

    /// The rules that carry these openings at each attachment. Objects that have just vanished are left out:
    /// the service handles the commit that removed them.
    public func observe(_ places: [Attachment], openings: Openings) -> [AttachmentObservation] {
        places.map { place in
            let rules = place.chainsOfOurs.flatMap { chain in (try? connection.rules(of: chain)) ?? [] }
            return AttachmentObservation(
                place: place, rows: ExceptionRow.rows(among: rules, of: openings),
                leaseRemaining: leaseRemaining(at: place, rules))
        }
    }

    private func leaseRemaining(at place: Attachment, _ rules: [Rule]) -> Duration? {
        if let set = place.staticPortSet {
            return (try? connection.elements(of: set))?.compactMap(\.remaining).min()
        }
        let now = WallClock.now
        return rules.compactMap(\.leaseEnd).map { .seconds(max(0, $0.seconds - now)) }.min()
    }
}
