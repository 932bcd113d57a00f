// SPDX-License-Identifier: GPL-2.0-or-later
internal import TeredoProtocol

extension NewRule {
    /// The expressions of the rule in a table of this family, exactly as nft or, for xtables matches, iptables-nft
    /// would write them.
    public func expressions(in family: Family) -> [Expression] {
        var writer = ExpressionWriter(family: family)
        for statement in statements { writer.append(statement) }
        return writer.expressions
    }

    /// The protocol that the kernel passes to the rule's xtables matches (`-p`), IPPROTO_*; 0 for none.
    var compatProtocol: UInt32 {
        guard statements.contains(where: \.isXtables) else { return 0 }
        if statements.contains(.matchUDP) { return UInt32(IPProtocol.udp) }
        return statements.contains(.matchIGMP) ? UInt32(IPProtocol.igmp) : 0
    }

    /// True if a listed rule is this rule: equal expressions apart from counter values, and an equal
    /// comment.
    public func matches(_ rule: Rule) -> Bool {
        guard rule.comment == comment else { return false }
        let expected = expressions(in: rule.chain.table.family)
        return expected.count == rule.expressions.count
            && zip(expected, rule.expressions).allSatisfy { $0.isSame(as: $1) }
    }
}

extension Statement {
    var isXtables: Bool {
        if case .xtables = self { true } else { false }
    }
}

extension Expression {
    /// True if the expressions are equal apart from counter values.
    fileprivate func isSame(as other: Expression) -> Bool {
        if case .counter = self, case .counter = other { return true }
        return self == other
    }
}

/// Writes expressions as nft does: the protocol tests that a statement implies come before it; those for IPv4 and
/// UDP are written only once in a rule.
private struct ExpressionWriter {
    let family: Family
    private(set) var expressions: [Expression] = []
    private var hasIPv4 = false
    private var hasUDP = false

    /// Offsets in bytes in the IPv4 header.
    private static let (ipSource, ipDestination): (UInt32, UInt32) = (12, 16)
    /// Offsets in bytes in the UDP header.
    private static let (sourcePort, destinationPort): (UInt32, UInt32) = (0, 2)
    /// NFT_CT_STATE, and the bits of IP_CT_ESTABLISHED and IP_CT_RELATED in it.
    private static let connectionState: UInt32 = 0
    private static let establishedOrRelated: UInt32 = 6

    init(family: Family) { self.family = family }

    mutating func append(_ statement: Statement) {
        switch statement {
        case .interfaceIn(let name): require(.interfaceNameIn, name: name)
        case .interfaceOut(let name): require(.interfaceNameOut, name: name)
        case .withoutInterfaceIn: require(.interfaceIndexIn, [0, 0, 0, 0])
        case .withoutInterfaceOut: require(.interfaceIndexOut, [0, 0, 0, 0])
        case .matchIPv6: requireIPv6()
        case .establishedOrRelated: requireEstablishedOrRelated()
        case .icmpv6(let types): requireICMPv6(types)
        case .matchIPv4: requireIPv4()
        case .ipDestination(let address): require(address, at: Self.ipDestination)
        case .ipSource(let address): require(address, at: Self.ipSource)
        case .matchIGMP: require(.layer4Protocol, [IPProtocol.igmp])
        case .matchProtocol(let set):
            expressions += [.meta(.layer4Protocol), .lookup(set: set, inverted: false)]
        case .udpDestinationPort(let set): lookUp(portAt: Self.destinationPort, in: set)
        case .udpSourcePort(let set): lookUp(portAt: Self.sourcePort, in: set)
        case .ipDestinationAndPort(let set):
            lookUp(addressAt: Self.ipDestination, portAt: Self.destinationPort, in: set)
        case .ipSourceAndPort(let set):
            lookUp(addressAt: Self.ipSource, portAt: Self.sourcePort, in: set)
        case .socketUser(let user): require(.socketUser, user.hostOrderBytes)
        case .transportBytes(let offset, let bytes): require(bytes, in: .transport, at: offset)
        case .trace: expressions.append(.trace)
        case .counter: expressions.append(.counter(packets: 0, bytes: 0))
        case .accept: expressions.append(.verdict(.accept))
        case .drop: expressions.append(.verdict(.drop))
        case .jump(let chain): expressions.append(.verdict(.jump(chain)))
        case .matchUDP: requireUDP()
        case .xtables(let match):
            expressions.append(.match(name: match.name, revision: match.revision, data: match.data))
        }
    }

    /// Requires a packet property to have this value.
    private mutating func require(_ key: MetaKey, _ bytes: [UInt8]) {
        expressions += [.meta(key), .compare(.equal, bytes)]
    }

    /// Requires a packet property to be this name of an interface.
    private mutating func require(_ key: MetaKey, name: String) {
        // The kernel compares all 16 bytes of an interface name (IFNAMSIZ), the last of which is NUL.
        let bytes = Array(name.utf8.prefix(15))
        require(key, bytes + [UInt8](repeating: 0, count: 16 - bytes.count))
    }

    /// Requires a header to have these bytes at an offset.
    private mutating func require(_ bytes: [UInt8], in header: PayloadBase, at offset: UInt32) {
        expressions += [
            .payload(header, offset: offset, length: UInt32(bytes.count)), .compare(.equal, bytes),
        ]
    }

    /// Requires an address in the IPv4 header.
    private mutating func require(_ address: IPv4Address, at offset: UInt32) {
        requireIPv4()
        require(address.bytes, in: .network, at: offset)
    }

    private mutating func requireEstablishedOrRelated() {
        expressions += [
            .instruction(.connection(Self.connectionState, to: 0)),
            .instruction(
                .mask(from: 0, to: 0, Self.establishedOrRelated.hostOrderBytes, xor: [0, 0, 0, 0])),
            .compare(.notEqual, [0, 0, 0, 0]),
        ]
    }

    private mutating func requireICMPv6(_ types: ClosedRange<UInt8>) {
        requireIPv6()
        require(.layer4Protocol, [IPProtocol.icmpv6])
        expressions += [
            .payload(.transport, offset: 0, length: 1),
            .compare(.greaterOrEqual, [types.lowerBound]), .compare(.lessOrEqual, [types.upperBound]),
        ]
    }

    /// Looks up a port in the UDP header.
    private mutating func lookUp(portAt port: UInt32, in set: String) {
        requireUDP()
        expressions += [
            .payload(.transport, offset: port, length: 2), .lookup(set: set, inverted: false),
        ]
    }

    /// Looks up the concatenation of an address in the IPv4 header and a port in the UDP header, given by their
    /// offsets.
    private mutating func lookUp(addressAt address: UInt32, portAt port: UInt32, in set: String) {
        requireIPv4()
        requireUDP()
        // The port is loaded directly after the four bytes of the address: `to` is 4.
        expressions += [
            .payload(.network, offset: address, length: 4),
            .instruction(.payload(base: PayloadBase.transport.rawValue, offset: port, length: 2, to: 4)),
            .lookup(set: set, inverted: false),
        ]
    }

    /// In an ip table all packets are IPv4, so that nft writes no test.
    private mutating func requireIPv4() {
        guard family != .ip, !hasIPv4 else { return }
        hasIPv4 = true
        require(.familyProtocol, [Family.ip.rawValue])
    }

    private mutating func requireIPv6() {
        guard family != .ip6 else { return }
        require(.familyProtocol, [Family.ip6.rawValue])
    }

    private mutating func requireUDP() {
        guard !hasUDP else { return }
        hasUDP = true
        require(.layer4Protocol, [IPProtocol.udp])
    }
}
