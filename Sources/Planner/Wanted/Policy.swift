// SPDX-License-Identifier: GPL-2.0-or-later

/// The administrator's limits on changes to the firewall (`firewall.*` in the configuration).
public struct Policy: Hashable, Sendable {
    /// The extent of the changes (`firewall.mode`).
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Change our own table and every chain that denies by default.
        case auto
        /// Change our own table only.
        case ownTable = "own-table"
        /// Report what would be done and change nothing.
        case report
    }

    /// The place of an exception in a chain that denies by default (`firewall.position`).
    public enum Position: String, Hashable, Sendable, CaseIterable {
        /// Directly before the chain's default, so that explicit denials take precedence.
        case `default`
        /// At the beginning of the chain, before explicit denials too.
        case first
    }

    public var mode: Mode
    public var position: Position
    /// Tables or chains to leave alone: "inet mytable", "ip filter INPUT".
    public var exclude: [String]
    /// Kill switches that get exceptions nevertheless, written as in ``exclude``.
    public var pierce: [String]
    /// The time for which an opening stays without renewal.
    public var lease: Duration

    public init(
        mode: Mode = .auto, position: Position = .default, exclude: [String] = [],
        pierce: [String] = [],
        lease: Duration = .seconds(180)
    ) {
        self.mode = mode
        self.position = position
        self.exclude = exclude
        self.pierce = pierce
        self.lease = lease
    }
}
