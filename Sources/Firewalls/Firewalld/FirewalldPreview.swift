// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner

/// The changes that ``FirewalldFirewall/apply(_:policy:ruleset:)`` would make, and their result.
public struct FirewalldPreview: Sendable {
    /// The changes as commands of firewall-cmd.
    public var commands: [String] = []
    /// As ``FirewalldState/leftAlone``.
    public var leftAlone: [LeftAlone] = []
    /// True when exceptions would be in force in a zone, or when there is nothing to open in firewalld.
    public var isServed = true
    /// As ``FirewalldState/acceptsAll``.
    public var acceptsAll = false

    public init() {}
}
