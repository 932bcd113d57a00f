// SPDX-License-Identifier: GPL-2.0-or-later
public import Bus
internal import Nftables
public import Planner
internal import Platform

/// A failed call to firewalld.
public struct FirewalldError: Error, Hashable, Sendable, CustomStringConvertible {
    public var cause: BusError

    public var description: String { "firewalld: \(cause)" }
}

/// The state of the exceptions in firewalld.
public struct FirewalldState: Hashable, Sendable {
    /// The attachment in firewalld: its table and the zones with our rules. At most one.
    public var attachments: [Attachment] = []
    /// The tables and zones without exceptions, each with the reason.
    public var leftAlone: [LeftAlone] = []
    /// What the administrator should know of the exceptions in force, as a clause; nil if there is nothing.
    public var note: String?
    /// The time after which to call again without an event; nil when only events matter.
    public var retryDelay: Duration?

    public init(attachments: [Attachment] = [], leftAlone: [LeftAlone] = [], note: String? = nil) {
        self.attachments = attachments
        self.leftAlone = leftAlone
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
