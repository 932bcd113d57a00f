// SPDX-License-Identifier: GPL-2.0-or-later

/// The changes that the daemon would make to the present ruleset: the answer of `Plan`.
public struct PlanText: Codable, Hashable, Sendable {
    /// The changes in nft's syntax, and those to firewalld as comments; empty when nothing needs to change.
    public var text: String
    /// The state of each row once the changes are made.
    public var rows: [RowStatus]
    public var leftAlone: [LeftAloneStatus]

    public init(text: String, rows: [RowStatus] = [], leftAlone: [LeftAloneStatus] = []) {
        self.text = text
        self.rows = rows
        self.leftAlone = leftAlone
    }
}
