// SPDX-License-Identifier: GPL-2.0-or-later
public import Bus
internal import Nftables
public import Planner
internal import Platform

/// A call to firewalld that failed.
public struct FirewalldError: Error, Hashable, Sendable, CustomStringConvertible {
    public var cause: BusError

    public var description: String { "firewalld: \(cause)" }
}

/// The state of the exceptions in firewalld.
public struct FirewalldState: Hashable, Sendable {
    /// At most one: firewalld's table and the zones with our rules.
    public var places: [Attachment] = []
    public var leftAlone: [LeftAlone] = []
    /// Notes for the administrator on what is not left alone.
    public var notes: [LeftAlone] = []
    /// After how long it is worth asking again, without any event; nil when only events matter.
    public var askAgain: Duration?

    public init(places: [Attachment] = [], leftAlone: [LeftAlone] = [], notes: [LeftAlone] = []) {
        self.places = places
        self.leftAlone = leftAlone
        self.notes = notes
    }
}

extension Policy {
    /// The reason for leaving firewalld alone altogether, as a clause; nil when it is not.
    var reasonToLeaveFirewalld: String? {
        if mode != .auto { return "the mode is \(mode.rawValue)" }
        return exclude.contains(TableName.firewalld.description) ? "excluded" : nil
    }
}
