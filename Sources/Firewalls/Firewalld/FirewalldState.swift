// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
public import Planner

/// The state of the exceptions in firewalld.
public struct FirewalldState: Hashable, Sendable {
    /// The attachment in firewalld: its table and the zones with our rules. At most one.
    public var attachments: [Attachment] = []
    /// The tables and zones without exceptions, each with the reason.
    public var leftAlone: [LeftAlone] = []
    /// True when no zone in use needs exceptions, because each accepts all packets that no rule denies, and nothing is
    /// left alone.
    public var acceptsAll = false
    /// True when there is nothing to open: the client has no port, and the standing rules need no exceptions.
    public var opensNothing = false
    /// A remark about the exceptions in force for the administrator, as a clause; nil if there is none.
    public var note: String?
    /// The time after which to call again without an event; nil when only events matter.
    public var retryDelay: Duration?

    public init(
        attachments: [Attachment] = [], leftAlone: [LeftAlone] = [], acceptsAll: Bool = false,
        opensNothing: Bool = false,
        note: String? = nil
    ) {
        self.attachments = attachments
        self.leftAlone = leftAlone
        self.acceptsAll = acceptsAll
        self.opensNothing = opensNothing
        self.note = note
    }
}

extension Policy {
    /// The reason, as a clause, for making no exceptions in firewalld at all; nil when they are made.
    var reasonToLeaveFirewalld: String? {
        if mode != .auto { return "the mode is \(mode.rawValue)" }
        return exclude.contains(TableName.firewalld.description) ? "excluded by firewall.exclude" : nil
    }
}
