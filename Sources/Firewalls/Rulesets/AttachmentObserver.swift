// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner
internal import Platform

/// Reads rules, counters and leases of attachments over a connection of its own, so that answering a status
/// request does not delay ``NftablesFirewall``.
///
/// Not for concurrent use. Calls block until the kernel has answered.
public final class AttachmentObserver {
    private let connection: RulesetConnection

    public init(connection: RulesetConnection) { self.connection = connection }

    /// The rules that carry these openings at each attachment. Objects that have just vanished are left out:
    /// the service handles the commit that removed them.
    public func observe(_ attachments: [Attachment], openings: Openings) -> [AttachmentObservation] {
        attachments.map { attachment in
            let rules = attachment.chainsOfOurs.flatMap { chain in (try? connection.rules(of: chain)) ?? [] }
            return AttachmentObservation(
                attachment: attachment, rows: ExceptionRow.rows(among: rules, of: openings),
                leaseRemaining: leaseRemaining(at: attachment, rules))
        }
    }

    private func leaseRemaining(at attachment: Attachment, _ rules: [Rule]) -> Duration? {
        if let set = attachment.standingPortSet {
            return (try? connection.elements(of: set))?.compactMap(\.remaining).min()
        }
        let now = WallClock.now
        return rules.compactMap(\.leaseEnd).map { .seconds(max(0, $0.seconds - now)) }.min()
    }
}
