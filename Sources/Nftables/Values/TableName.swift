// SPDX-License-Identifier: GPL-2.0-or-later

/// The name of a table, "inet filter".
public struct TableName: Hashable, Sendable, CustomStringConvertible {
    public var family: Family
    public var name: String

    public init(_ family: Family, _ name: String) {
        self.family = family
        self.name = name
    }

    public var description: String { "\(family) \(name)" }
}
