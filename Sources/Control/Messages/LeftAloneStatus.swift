// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner

/// A chain or table that would stop Teredo and is left alone.
public struct LeftAloneStatus: Codable, Hashable, Sendable {
    /// "inet filter input"
    public var name: String
    /// The reason, as a clause for the administrator.
    public var reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }

    public init(_ item: LeftAlone) { self.init(name: item.name, reason: item.reason) }
}
