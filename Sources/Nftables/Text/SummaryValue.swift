// SPDX-License-Identifier: GPL-2.0-or-later
internal import TeredoProtocol

/// The words of a rule's summary for properties of packets and their values, as nft writes them.
enum SummaryValue {
    // MARK: Properties

    /// By NFT_META_*.
    static func metaSubject(_ key: UInt32) -> String { metaWords[key] ?? "meta key \(key)" }

    private static let metaWords: [UInt32: String] = [
        0: "meta length", 1: "meta protocol", 2: "meta priority", 3: "meta mark", 4: "iif", 5: "oif",
        6: "iifname", 7: "oifname", 8: "iiftype", 9: "oiftype", 10: "meta skuid", 11: "meta skgid",
        12: "meta nftrace", 13: "meta rtclassid", 14: "meta secmark", 15: "meta nfproto", 16: "meta l4proto",
        17: "meta ibrname", 18: "meta obrname", 19: "meta pkttype", 20: "meta cpu", 21: "iifgroup",
        22: "oifgroup", 23: "meta cgroup", 24: "meta random", 25: "meta secpath", 26: "iifkind",
        27: "oifkind", 28: "meta ibrpvid", 29: "meta ibrvproto", 30: "meta time", 31: "meta day",
        32: "meta hour", 33: "sdif", 34: "sdifname",
    ]

    /// By NFT_CT_*. If `isReply`, an address or port is that of the reply's packets.
    static func connectionSubject(_ key: UInt32, isReply: Bool) -> String {
        guard let word = connectionWords[key] else { return "ct key \(key)" }
        let hasDirection = [8, 9, 11, 12, 19, 20, 21, 22].contains(key)
        let direction = isReply ? "reply " : hasDirection ? "original " : ""
        return "ct \(direction)\(word)"
    }

    private static let connectionWords: [UInt32: String] = [
        0: "state", 1: "direction", 2: "status", 3: "mark", 4: "secmark", 5: "expiration", 6: "helper",
        7: "l3proto", 8: "saddr", 9: "daddr", 10: "protocol", 11: "proto-src", 12: "proto-dst", 13: "label",
        14: "packets", 15: "bytes", 16: "avgpkt", 17: "zone", 18: "event", 19: "ip saddr", 20: "ip daddr",
        21: "ip6 saddr", 22: "ip6 daddr", 23: "id",
    ]

    /// The words for bytes of the link or network header. An address may be loaded in part, for a prefix of whole
    /// bytes. Bytes without a name are "@nh,96,64", with the offset and the length in bits.
    static func field(_ base: PayloadBase, _ offset: UInt32, _ length: UInt32) -> String {
        switch (base, offset, length) {
        case (.link, 0, 6): "ether daddr"
        case (.link, 6, 6): "ether saddr"
        case (.link, 12, 2): "ether type"
        case (.network, 2, 2): "ip length"
        case (.network, 4, 2): "ip id"
        case (.network, 6, 2): "ip frag-off"
        case (.network, 8, 1): "ip ttl"
        case (.network, 9, 1): "ip protocol"
        case (.network, 12, 1...4): "ip saddr"
        case (.network, 16, 1...4): "ip daddr"
        case (.network, 8, 16): "ip6 saddr"
        case (.network, 24, 16): "ip6 daddr"
        default: "@\(base == .link ? "ll" : base == .network ? "nh" : "th"),\(offset * 8),\(length * 8)"
        }
    }

    /// The name of a field of the transport header; nil if it has none.
    static func transportField(_ offset: UInt32, _ length: UInt32, of layer4: String) -> String? {
        switch (layer4, offset, length) {
        case ("icmp", 0, 1), ("igmp", 0, 1), ("ipv6-icmp", 0, 1): "type"
        case ("icmp", 1, 1), ("ipv6-icmp", 1, 1): "code"
        case ("icmp", _, _), ("igmp", _, _), ("ipv6-icmp", _, _): nil
        case (_, 0, 2): "sport"
        case (_, 2, 2): "dport"
        case ("udp", 4, 2): "length"
        case ("tcp", 13, 1): "flags"
        default: nil
        }
    }

    // MARK: Values

    /// The bytes as nft writes a value of this subject; "…" if they have no known form.
    static func value(_ bytes: [UInt8], of subject: String, isInNetworkOrder: Bool = false) -> String {
        switch subject {
        case "iifname", "oifname", "meta ibrname", "meta obrname", "sdifname", "iifkind", "oifkind",
            "ct helper":
            // Without a NUL, the bytes are the beginning of a name ("eth*").
            let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            return "\"\(name)\(bytes.contains(0) ? "" : "*")\""
        case "ip saddr", "ip daddr", "rt nexthop": return address(bytes)
        case "meta nfproto" where bytes == [Family.ip.rawValue]: return "ipv4"
        case "meta nfproto" where bytes == [Family.ip6.rawValue]: return "ipv6"
        case "ip protocol", "meta l4proto", "ct protocol":
            return bytes.count == 1 ? protocols[bytes[0]] ?? String(bytes[0]) : "…"
        case "meta protocol", "ether type": return etherTypes[bytes] ?? hexadecimal(bytes)
        case "fib daddr type", "fib saddr type": return addressTypes[Int(hostOrder: bytes)] ?? "…"
        case "fib saddr oif" where bytes.count == 1: return bytes == [0] ? "missing" : "exists"
        case "meta pkttype" where bytes.count == 1:
            return bytes[0] < packetTypes.count ? packetTypes[Int(bytes[0])] : "…"
        case "meta day" where bytes.count == 1: return bytes[0] < days.count ? days[Int(bytes[0])] : "…"
        case "meta hour":
            // The kernel has seconds of the day in UTC.
            let minutes = number(bytes, of: subject, isInNetworkOrder) / 60
            return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60) UTC"
        case "ct direction" where bytes.count == 1: return bytes == [0] ? "original" : "reply"
        case "ether saddr", "ether daddr":
            return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
        case "ip ttl", "ip length", "ip id", "udp length", "icmp type", "icmp code", "ipv6-icmp type",
            "ipv6-icmp code":
            return String(number(bytes, of: subject, true))
        case _ where subject.hasSuffix("port") || subject.contains(" proto-"):
            return String(number(bytes, of: subject, true))
        case _ where subject.hasPrefix("ct ") && subject.hasSuffix("addr") && bytes.count == 4:
            return address(bytes)
        case _ where decimals.contains(subject): return String(number(bytes, of: subject, isInNetworkOrder))
        default: return hexadecimal(bytes, of: subject, isInNetworkOrder: isInNetworkOrder)
        }
    }

    private static func address(_ bytes: [UInt8]) -> String {
        let address = (bytes + [0, 0, 0]).prefix(4).map { String($0) }.joined(separator: ".")
        return bytes.count < 4 ? "\(address)/\(bytes.count * 8)" : address
    }

    /// The subjects whose values are numbers of the host.
    private static let decimals: Set<String> = [
        "meta length", "iif", "oif", "iiftype", "oiftype", "meta skuid", "meta skgid", "meta cpu", "iifgroup",
        "oifgroup", "meta cgroup", "sdif", "ct packets", "ct bytes", "ct avgpkt", "ct zone", "rt mtu",
        "ct original packets", "ct reply packets", "ct original bytes", "ct reply bytes", "meta hour",
        "numgen", "hash",
    ]

    /// True if the kernel stores values of the subject in host byte order.
    private static func isOfHost(_ subject: String) -> Bool {
        decimals.contains(subject) || ["ct state", "ct status"].contains(subject)
            || subject.hasPrefix("meta ") && subject != "meta protocol" || subject.hasSuffix(" mark")
    }

    private static func number(_ bytes: [UInt8], of subject: String, _ isInNetworkOrder: Bool) -> UInt64 {
        if isInNetworkOrder || !isOfHost(subject) {
            return bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        return UInt64(hostOrder: bytes.prefix(8))
    }

    /// "0x1f"; of at most 16 bytes, "…" for more or none.
    static func hexadecimal(
        _ bytes: [UInt8], of subject: String = "", isInNetworkOrder: Bool = false
    ) -> String {
        if bytes.isEmpty || bytes.count > 16 { return "…" }
        if bytes.count <= 8 { return "0x" + String(number(bytes, of: subject, isInNetworkOrder), radix: 16) }
        return "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// "/24" for a mask of 24 leading bits, "/…" for other masks.
    static func prefixLength(of mask: [UInt8]) -> String {
        let ones = mask.prefix { $0 == 255 }.count
        let rest = mask.dropFirst(ones)
        let bits = ones * 8 + (rest.first.map { (~$0).leadingZeroBitCount } ?? 0)
        let isPrefix = bits > 0 && bits == mask.reduce(0) { $0 + $1.nonzeroBitCount }
        return [4, 16].contains(mask.count) && isPrefix ? "/\(bits)" : "/…"
    }

    /// The names of the bits of a value that consists of flags; nil for other subjects.
    static func flags(_ bytes: [UInt8], of subject: String) -> String? {
        guard let names = flagNames[subject] else { return nil }
        let bits = Int(hostOrder: bytes.prefix(4))
        let found = names.filter { bits & $0.bit != 0 }.map(\.name)
        return found.isEmpty ? hexadecimal(bytes, of: subject) : found.joined(separator: ",")
    }

    /// NF_CT_STATE_BIT, NF_CT_STATE_INVALID_BIT, NF_CT_STATE_UNTRACKED_BIT; IPS_*; the flags of TCP.
    private static let flagNames: [String: [(bit: Int, name: String)]] = [
        "ct state": [
            (1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked"),
        ],
        "ct status": [
            (1, "expected"), (2, "seen-reply"), (4, "assured"), (8, "confirmed"), (16, "snat"), (32, "dnat"),
            (512, "dying"),
        ],
        "tcp flags": [
            (1, "fin"), (2, "syn"), (4, "rst"), (8, "psh"), (16, "ack"), (32, "urg"), (64, "ecn"),
            (128, "cwr"),
        ],
    ]

    static let protocols: [UInt8: String] = [
        IPProtocol.icmp: "icmp", IPProtocol.igmp: "igmp", IPProtocol.tcp: "tcp", IPProtocol.udp: "udp",
        IPProtocol.icmpv6: "ipv6-icmp",
    ]
    /// By PACKET_*.
    private static let packetTypes = ["host", "broadcast", "multicast", "other"]
    private static let days = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    /// By ETH_P_*.
    private static let etherTypes: [[UInt8]: String] = [
        [0x08, 0x00]: "ip", [0x08, 0x06]: "arp", [0x86, 0xDD]: "ip6", [0x81, 0x00]: "vlan",
    ]
    /// By RTN_*.
    private static let addressTypes = [
        1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole",
    ]

    static func words(of verdict: Verdict) -> String {
        switch verdict {
        case .accept: "accept"
        case .drop: "drop"
        case .continue: "continue"
        case .return: "return"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        }
    }
}
