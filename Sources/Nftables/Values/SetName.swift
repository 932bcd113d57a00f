// SPDX-License-Identifier: GPL-2.0-or-later

/// The name of a set, "inet filter teredowall-ports".
public struct SetName: Hashable, Sendable, CustomStringConvertible {
    public var table: TableName
    public var name: String

    public init(_ table: TableName, _ name: String) {
        self.table = table
        self.name = name
    }

    public var description: String { "\(table) \(name)" }
}
