// SPDX-License-Identifier: GPL-2.0-or-later

/// The administrator's limits on changes.
public struct Policy: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Own table and every default-deny chain.
        case auto
        /// Own table only.
        case ownTable = "own-table"
        /// Say what would be done, do nothing.
        case report
    }

    public enum Position: String, Hashable, Sendable, CaseIterable {
        /// Just before the chain's default.
        case `default`
        /// At the head of the chain.
        case first
    }

    public var mode: Mode
    public var position: Position
    /// Tables or chains left alone: "inet mytable", "ip filter INPUT".
    public var exclude: [String]
    /// Kill switches that get exceptions all the same, in the same words.
    public var pierce: [String]
    /// How long an opening lives without renewal.
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
