// SPDX-License-Identifier: GPL-2.0-or-later

/// Something that happened to the ruleset.
public enum RulesetChange: Hashable, Sendable {
    /// Somebody, perhaps ourselves (``Connection/portID``), committed a transaction.
    case committed(generation: UInt32, portID: UInt32, processID: Int32?, processName: String?)
    /// Notifications were lost: look at everything again.
    case lost
}

/// Tells of every commit to the ruleset of one network namespace, and of nothing else.
public final class RulesetEvents: Sendable {
    /// Listens from now on, in the network namespace of the calling thread. Needs CAP_NET_ADMIN.
    public init() throws(NftablesError) { throw .malformed("not written yet") }

    /// The commits since this object was made, then each as it happens. One reader at a time: a further call
    /// ends the earlier stream.
    public func changes() -> AsyncStream<RulesetChange> { AsyncStream { $0.finish() } }
}
