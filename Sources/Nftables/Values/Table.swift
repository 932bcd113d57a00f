// SPDX-License-Identifier: GPL-2.0-or-later

/// A table as listed by the kernel or to be added.
public struct Table: Hashable, Sendable {
    public var name: TableName
    /// The kernel's number of the table, which no later table has; 0 in a table to be added.
    public var handle: UInt64
    /// NFT_TABLE_F_* (linux/netfilter/nf_tables.h).
    public var flags: UInt32
    /// The netlink port of the process that owns the table (NFT_TABLE_F_OWNER), if any.
    public var owner: UInt32?
    public var comment: String?

    public init(
        _ name: TableName, handle: UInt64 = 0, flags: UInt32 = 0, owner: UInt32? = nil, comment: String? = nil
    ) {
        self.name = name
        self.handle = handle
        self.flags = flags
        self.owner = owner
        self.comment = comment
    }

    /// NFT_TABLE_F_DORMANT: true when the table is switched off.
    public var isDormant: Bool { flags & 1 != 0 }
}
