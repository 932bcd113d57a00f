// SPDX-License-Identifier: GPL-2.0-or-later

extension NewRule {
    /// True when the rule can be written in nft's syntax.
    var isNative: Bool { !statements.contains(where: \.isXtables) }

    /// The rule in iptables' syntax, without its chain: "-p udp -m udp --dport 41234 -j ACCEPT".
    public var iptablesText: String {
        statements.compactMap(\.iptablesText).joined(separator: " ")
    }

    /// The rule in nft's syntax, for a table of this family. nft cannot read the result if the comment contains a
    /// double quote, for which the syntax has no escape.
    public func nftText(in family: Family) -> String {
        var words = statements.compactMap { $0.nftText(in: family) }
        if let comment { words.append("comment \"\(comment)\"") }
        return words.joined(separator: " ")
    }
}

extension Statement {
    /// Returns nil for statements that iptables' syntax does not need or cannot express.
    fileprivate var iptablesText: String? {
        switch self {
        case .interfaceIn, .interfaceOut, .withoutInterfaceIn, .withoutInterfaceOut, .matchIPv6,
            .establishedOrRelated, .icmpv6, .matchIPv4, .counter,
            .matchProtocol, .udpDestinationPort, .udpSourcePort, .ipDestinationAndPort,
            .ipSourceAndPort, .socketUser, .transportBytes, .trace:
            nil
        case .ipSource(let address): "-s \(address)/32"
        case .ipDestination(let address): "-d \(address)/32"
        case .matchIGMP: "-p igmp"
        case .matchUDP: "-p udp"
        case .accept: "-j ACCEPT"
        case .drop: "-j DROP"
        case .jump(let chain): "-j \(chain)"
        case .xtables(let match): match.iptablesText
        }
    }

    /// Returns nil for statements that are not needed in this family.
    fileprivate func nftText(in family: Family) -> String? {
        switch self {
        case .interfaceIn(let name): "iifname \"\(name)\""
        case .interfaceOut(let name): "oifname \"\(name)\""
        case .withoutInterfaceIn: "iif 0"
        case .withoutInterfaceOut: "oif 0"
        case .matchIPv6: family == .ip6 ? nil : "meta nfproto ipv6"
        case .establishedOrRelated: "ct state established,related"
        case .icmpv6(let types): "icmpv6 type \(types.lowerBound)-\(types.upperBound)"
        case .matchIPv4: family == .ip ? nil : "meta nfproto ipv4"
        case .ipDestination(let address): "ip daddr \(address)"
        case .ipSource(let address): "ip saddr \(address)"
        case .matchIGMP: "meta l4proto igmp"
        case .matchProtocol(let set): "meta l4proto @\(set)"
        case .udpDestinationPort(let set): "udp dport @\(set)"
        case .udpSourcePort(let set): "udp sport @\(set)"
        case .ipDestinationAndPort(let set): "ip daddr . udp dport @\(set)"
        case .ipSourceAndPort(let set): "ip saddr . udp sport @\(set)"
        case .socketUser(let user): "meta skuid \(user)"
        case .transportBytes(let offset, let bytes):
            "@th,\(offset * 8),\(bytes.count * 8) 0x\(bytes.map(\.hexadecimal).joined())"
        case .trace: "meta nftrace set 1"
        case .counter: "counter"
        case .accept: "accept"
        case .drop: "drop"
        case .jump(let chain): "jump \(chain)"
        case .matchUDP: "meta l4proto udp"
        case .xtables(let match): "xt match \"\(match.name)\""
        }
    }
}

extension UInt8 {
    /// The number in two hexadecimal digits.
    fileprivate var hexadecimal: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}
