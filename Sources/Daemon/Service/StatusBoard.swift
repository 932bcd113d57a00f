// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Nftables
internal import Planner
internal import Synchronization

/// A snapshot of the daemon for the control socket, posted by the actors and read without them: however many ask, and
/// however often, no actor waits for it.
///
/// Rules, counters and leases are read off the kernel, by a connection of the board's own, when something was posted since
/// and otherwise at most once a second for all who ask.
final class StatusBoard: Sendable {
    /// The part that ``ExceptionService`` posts.
    struct Facts: Sendable {
        var configuration: Configuration
        var configurationStatus: ConfigurationStatus
        var openings: Openings
        /// nil until the client has been looked for.
        var client: ClientState?
        var portsSince: Int64?
        var servicePort: UInt16?
        var places: [Attachment] = []
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
        /// The last answer, the facts it is about, and when it was read.
        var places: [PlaceStatus] = []
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

    /// The places in the kernel's ruleset, with their rules and counters. Blocks for as long as the kernel takes.
    func places() -> [PlaceStatus] {
        // Held while reading: others want the same answer.
        reader.withLock { reader in
            let (facts, _, revision) = posted.withLock { $0 }
            if reader.revision == revision, ContinuousClock.now - reader.readAt < .seconds(1) {
                return reader.places
            }
            reader.places = reader.observer.observe(facts.places, openings: facts.openings)
                .map(PlaceStatus.init)
            reader.revision = revision
            reader.readAt = .now
            return reader.places
        }
    }
}
