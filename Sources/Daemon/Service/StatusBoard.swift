// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Nftables
internal import Planner
internal import Synchronization

/// A snapshot of the daemon for the control socket. The actors post it, and any number of status requests read
/// it without waiting for an actor.
///
/// Rules, counters and leases are read from the kernel over a connection of the board's own: when
/// ``ExceptionService`` has posted since the last reading, otherwise at most once per second for all requests
/// together.
final class StatusBoard: Sendable {
    /// The part that ``ExceptionService`` posts.
    struct Facts: Sendable {
        var configuration: Configuration
        var configurationStatus: ConfigurationStatus
        var openings: Openings
        /// The client; nil until it has been looked for.
        var client: ClientState?
        var portsSince: Int64?
        var servicePort: UInt16?
        var attachments: [Attachment] = []
        /// The fate of each row on each interface.
        var fates: [RowFate] = []
        var leftAlone: [LeftAlone] = []
        var heals: [HealRecord] = []
        var lastError: String?
        var activity = Activity()
    }

    /// The part that ``FirewalldService`` posts.
    struct FirewalldFacts: Sendable {
        var state = FirewalldState()
        var heals: [HealRecord] = []
        var problem: String?
    }

    private struct Reader {
        let observer: AttachmentObserver
        /// The last answer, the revision of the facts it is for, and the time of the reading.
        var attachments: [AttachmentStatus] = []
        var revision: UInt64?
        var readAt = ContinuousClock.now
    }

    private let posted: Mutex<(facts: Facts, firewalld: FirewalldFacts, revision: UInt64)>
    private let reader: Mutex<Reader>

    init(_ facts: Facts) throws(NftablesError) {
        posted = Mutex((facts, FirewalldFacts(), 0))
        let observer = AttachmentObserver(connection: try RulesetConnection())
        reader = Mutex(Reader(observer: observer))
    }

    func post(_ facts: Facts) {
        posted.withLock {
            $0.facts = facts
            $0.revision += 1
        }
    }

    func post(_ facts: FirewalldFacts) { posted.withLock { $0.firewalld = facts } }

    /// The facts posted last.
    var current: (facts: Facts, firewalld: FirewalldFacts) {
        let posted = posted.withLock { $0 }
        return (posted.facts, posted.firewalld)
    }

    /// The attachments in the kernel's ruleset with their rules and counters. Blocks until the kernel has
    /// answered.
    func attachments() -> [AttachmentStatus] {
        // Locked during the reading: concurrent requests use the same answer.
        reader.withLock { reader in
            let (facts, _, revision) = posted.withLock { $0 }
            if reader.revision == revision, ContinuousClock.now - reader.readAt < .seconds(1) {
                return reader.attachments
            }
            reader.attachments = reader.observer.observe(facts.attachments, openings: facts.openings)
                .map(AttachmentStatus.init)
            reader.revision = revision
            reader.readAt = .now
            return reader.attachments
        }
    }
}
