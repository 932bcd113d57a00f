// SPDX-License-Identifier: GPL-2.0-or-later
public import TeredoProtocol

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
}

/// A hook of the IPv4, IPv6 and inet families. Raw values are the kernel's (NF_INET_*). Bridge, arp and netdev
/// tables number their hooks differently: for their chains only the raw value is true, not the case's name.
public enum Hook: UInt32, Hashable, Sendable {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3
    case postrouting = 4
    case ingress = 5
}

/// The properties of a base chain.
public struct BaseChain: Hashable, Sendable {
    public enum Policy: UInt32, Hashable, Sendable {
        case drop = 0
        case accept = 1
    }

    public var hook: Hook
    /// "filter", "nat" or "route".
    public var type: String
    public var priority: Int32
    public var policy: Policy
    /// The interface of a chain that is bound to one, as in a netdev table; if there are several, the first.
    public var device: String?
    /// The further interfaces. Read only, never written.
    public var otherDevices: [String]

    public init(
        hook: Hook, type: String = "filter", priority: Int32 = 0, policy: Policy = .accept,
        device: String? = nil, otherDevices: [String] = []
    ) {
        self.otherDevices = otherDevices
        self.hook = hook
        self.type = type
        self.priority = priority
        self.policy = policy
        self.device = device
    }
}

/// A chain as listed by the kernel or to be added.
public struct Chain: Hashable, Sendable {
    public var name: ChainName
    /// The kernel's number of the chain in its table, which a new name does not change; 0 in a chain to be added.
    public var handle: UInt64
    /// The properties of a base chain; nil for a regular chain.
    public var base: BaseChain?
    /// NFTA_CHAIN_USE as the kernel reports it: the number of the chain's own rules plus the rules and map
    /// elements that lead to it.
    public var use: UInt32
    public var comment: String?

    public init(
        _ name: ChainName, handle: UInt64 = 0, base: BaseChain? = nil, use: UInt32 = 0, comment: String? = nil
    ) {
        self.name = name
        self.handle = handle
        self.base = base
        self.use = use
        self.comment = comment
    }
}

/// A named set as listed by the kernel or to be added.
public struct NamedSet: Hashable, Sendable {
    public var name: SetName
    /// The kernel's number of the set in its table; 0 in a set to be added.
    public var handle: UInt64
    /// nft's number of the key's data type; 13 is inet_service.
    public var keyType: UInt32
    /// The length of a key in bytes.
    public var keyLength: UInt32
    /// NFT_SET_* (linux/netfilter/nf_tables.h); 0x10 is NFT_SET_TIMEOUT.
    public var flags: UInt32
    public var comment: String?
    /// The lengths, in bytes, of the fields of a concatenation with ranges. Read only, never written.
    public var fields: [UInt32]
    /// The number of elements; an interval counts as two. nil before Linux 6.17. Read only, never written.
    public var count: UInt32?

    /// NFT_SET_MAP: true for a map, whose elements have data or verdicts.
    public var isMap: Bool { flags & 0x8 != 0 }

    public init(
        _ name: SetName, handle: UInt64 = 0, keyType: UInt32, keyLength: UInt32, flags: UInt32,
        comment: String? = nil, fields: [UInt32] = []
    ) {
        self.name = name
        self.handle = handle
        self.keyType = keyType
        self.keyLength = keyLength
        self.flags = flags
        self.comment = comment
        self.fields = fields
    }

    /// NFT_SET_ANONYMOUS: true for a set that belongs to the one rule that uses it.
    public var isAnonymous: Bool { flags & 1 != 0 }

    /// The set's properties as ``SetContents``, without elements.
    public var contents: SetContents {
        SetContents(flags: flags, keyLength: keyLength, fields: fields)
    }

    /// A set of ports whose elements have timeouts: `type inet_service; flags timeout`.
    public static func timedPorts(_ name: SetName, comment: String? = nil) -> NamedSet {
        NamedSet(name, keyType: 13, keyLength: 2, flags: 0x10, comment: comment)
    }

    /// A set of addresses with ports whose elements have timeouts: `type ipv4_addr . inet_service; flags
    /// timeout`. nft's number of a concatenation consists of those of its fields, six bits each: here 7 and 13.
    public static func timedAddresses(_ name: SetName, comment: String? = nil) -> NamedSet {
        NamedSet(name, keyType: 7 << 6 | 13, keyLength: 8, flags: 0x10, comment: comment)
    }

    /// A set of protocols whose elements have timeouts: `type inet_proto; flags timeout`.
    public static func timedProtocols(_ name: SetName, comment: String? = nil) -> NamedSet {
        NamedSet(name, keyType: 12, keyLength: 1, flags: 0x10, comment: comment)
    }

    /// True if two sets have the same key type, key length and flags.
    public func hasSameType(as other: NamedSet) -> Bool {
        (keyType, keyLength, flags) == (other.keyType, other.keyLength, other.flags)
    }
}

/// An element of a set of ours: a port in ``NamedSet/timedPorts(_:comment:)``, an address and a port in
/// ``NamedSet/timedAddresses(_:comment:)``, or a protocol in ``NamedSet/timedProtocols(_:comment:)``.
public struct TimedElement: Hashable, Sendable {
    /// The address; nil in a set of ports or protocols.
    public var address: IPv4Address?
    /// The port, in host byte order; in a set of protocols, the protocol number.
    public var port: UInt16
    /// True for an element of a set of protocols.
    public var isProtocol = false
    /// The lifetime, counted from the commit that adds the element; nil for no end.
    public var timeout: Duration?
    /// The remaining lifetime of a listed element that has a timeout, else nil.
    public var remaining: Duration?

    public init(
        _ port: UInt16, at address: IPv4Address? = nil, timeout: Duration?, remaining: Duration? = nil
    ) {
        self.address = address
        self.port = port
        self.timeout = timeout
        self.remaining = remaining
    }

    /// The element without its timeout and remaining lifetime: all that distinguishes elements of one set.
    var withoutLifetime: TimedElement {
        var element = self
        (element.timeout, element.remaining) = (nil, nil)
        return element
    }

    /// IGMP in a set of protocols.
    public static func igmp(timeout: Duration?) -> TimedElement {
        let ipProtocolIGMP: UInt16 = 2
        var element = TimedElement(ipProtocolIGMP, timeout: timeout)
        element.isProtocol = true
        return element
    }
}

/// A rule as listed by the kernel.
public struct Rule: Hashable, Sendable {
    public var chain: ChainName
    /// The kernel's number of the rule in its table.
    public var handle: UInt64
    public var expressions: [Expression]
    /// The text that nft prints as `comment "…"`.
    public var comment: String?

    public init(chain: ChainName, handle: UInt64 = 0, expressions: [Expression], comment: String? = nil) {
        self.chain = chain
        self.handle = handle
        self.expressions = expressions
        self.comment = comment
    }
}
