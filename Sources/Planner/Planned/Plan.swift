// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// One transaction that turns the observed ruleset into the desired one, and the state after it.
public struct Plan: Hashable, Sendable {
    /// The operations in order; empty when nothing needs to change.
    public var operations: [Operation]
    /// The attachments in force once the plan is committed.
    public var attachments: [Attachment]
    /// The chains and tables that are not changed although they would stop Teredo packets, and our objects that
    /// cannot be removed.
    public var leftAlone: [LeftAlone]
    /// The fate of each row on each interface once the plan is committed.
    public var fates: [RowFate]
    /// The tables in which a rule, chain or set of ours is missing. Rules in the wrong place and rules whose lease ends
    /// soon do not count as missing.
    public var incomplete: Set<TableName>
    /// The tables in which a rule of ours is in the wrong place.
    public var displaced: Set<TableName>

    public init(
        operations: [Operation] = [], attachments: [Attachment] = [], leftAlone: [LeftAlone] = [],
        fates: [RowFate] = [], incomplete: Set<TableName> = [], displaced: Set<TableName> = []
    ) {
        self.operations = operations
        self.attachments = attachments
        self.leftAlone = leftAlone
        self.fates = fates
        self.incomplete = incomplete
        self.displaced = displaced
    }
}
