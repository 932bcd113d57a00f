// SPDX-License-Identifier: GPL-2.0-or-later
internal import TeredoProtocol

extension Rule {
    /// The rule in a form for display, close to nft's listing: "ip saddr @blocked drop". Unknown parts become
    /// an ellipsis; counters and the comments of iptables are left out.
    public var summary: String {
        var writer = SummaryWriter()
        for expression in expressions { writer.append(expression) }
        var words = writer.finished
        if let comment { words.append("comment \"\(comment)\"") }
        return words.joined(separator: " ")
    }
}

/// Joins each load of a register with the comparison that follows it.
private struct SummaryWriter {
    private var words: [String] = []
    /// The text for the value in the register if that has not been compared yet, else nil.
    private var loaded: String?
    /// The packet property in the register, if that is one.
    private var loadedKey: MetaKey?
    /// The mask applied to the value in the register; nil without a mask, empty for an unknown change.
    private var mask: [UInt8]?
    /// The subject and the lower bound of the comparison written last, if that may be the first half of a range.
    private var lowerBound: (subject: String, value: String)?
    /// The name of the transport protocol, used before "sport" and "dport"; nft's "th" if it is not known.
    private var layer4 = "th"
    /// False after a comparison with the transport protocol that is not in ``words`` yet.
    private var isLayer4Written = true

    /// The words, including that for a value that was loaded last and not compared.
    var finished: [String] {
        var writer = self
        writer.flush()
        return writer.words
    }

    mutating func append(_ expression: Expression) {
        switch expression {
        case .meta(let key): load(Self.metaWords[key] ?? "meta", key)
        case .payload(let base, let offset, let length): load(field(base, offset, length))
        case .compare(let comparison, let bytes): compare(comparison, bytes)
        case .lookup(let set, let inverted):
            write((loaded ?? "…") + (inverted ? " != " : " ") + Self.reference(to: set))
        case .verdictMap(let map):
            write((loaded ?? "…") + " vmap " + Self.reference(to: map))
        case .counter: break
        case .verdict(let verdict): write(Self.words(of: verdict))
        case .log: write("log")
        case .reject: write("reject")
        case .limit: write("limit …")
        case .trace: write("meta nftrace set 1")
        case .match(let name, _, _): if name != "comment" { write("-m \(name) …") }
        case .target(let name, _, _): write("-j \(name)")
        case .instruction(let instruction): append(instruction)
        case .other(let name):
            write("\(name) …")
        }
    }

    private mutating func append(_ instruction: Instruction) {
        switch instruction {
        case .meta(let key, _):
            load(MetaKey(rawValue: key).flatMap { Self.metaWords[$0] } ?? Self.otherMetaWords[key] ?? "meta")
        case .payload(let base, let offset, let length, _):
            load(PayloadBase(rawValue: base).map { field($0, offset, length) } ?? "payload")
        case .connection(let key, _, _): load(Self.connectionWords[key] ?? "ct")
        case .route(let result, let flags, _):
            // NFTA_FIB_F_SADDR is 1, NFT_FIB_RESULT_ADDRTYPE is 3.
            load("fib \(flags & 1 != 0 ? "saddr" : "daddr") \(result == 3 ? "type" : "oif")")
        // An unknown operation on the value in the register is read as the load "bitwise".
        case .load(let name, _): if name != "bitwise" { load(name) } else { mask = [] }
        case .mask(_, _, let bits, _): mask = bits
        case .shift: mask = []
        case .byteOrder: break
        case .compare(let comparison, _, let bytes): compare(comparison, bytes)
        case .range(let isInverted, _, let low, let high):
            writeRange(from: low, to: high, isInverted: isInverted)
        case .lookup(let set, let inverted, _):
            write((loaded ?? "…") + (inverted ? " != " : " ") + Self.reference(to: set))
        case .verdictMap(let map, _): write((loaded ?? "…") + " vmap " + Self.reference(to: map))
        case .map(let map, _, _): load((loaded ?? "…") + " map " + Self.reference(to: map))
        // The operand of a following expression, for example of `meta mark set`.
        case .immediate: loaded = nil
        case .setMeta: write("meta set …")
        case .setConnection: write("ct set …")
        case .setPayload: write("payload set …")
        case .object(_, let name): write("name \"\(name)\"")
        case .objectMap(let map, _): write("name … map \(Self.reference(to: map))")
        case .dynamicSet(let set, let operation, _, _, _):
            write("\(Self.setOperations[operation] ?? "…") @\(set) …")
        }
    }

    /// By NFT_META_*, those without a ``MetaKey``.
    private static let otherMetaWords: [UInt32: String] = [
        0: "meta length", 3: "meta mark", 30: "meta time", 31: "meta day", 32: "meta hour", 21: "iifgroup",
        22: "oifgroup", 26: "iifkind", 27: "oifkind",
        33: "sdif", 34: "sdifname",
    ]
    /// By NFT_CT_*.
    private static let connectionWords: [UInt32: String] = [
        0: "ct state", 1: "ct direction", 2: "ct status", 3: "ct mark", 14: "ct packets", 15: "ct bytes",
        16: "ct avgpkt",
    ]
    /// By NFT_DYNSET_OP_*.
    private static let setOperations: [UInt32: String] = [0: "add", 1: "update", 2: "delete"]
    private static let metaWords: [MetaKey: String] = [
        .interfaceIndexIn: "iif", .interfaceIndexOut: "oif", .interfaceNameIn: "iifname",
        .interfaceNameOut: "oifname", .socketUser: "meta skuid", .familyProtocol: "meta nfproto",
        .layer4Protocol: "meta l4proto", .packetType: "meta pkttype",
    ]

    /// The set by its name; anonymous sets become "{ … }".
    private static func reference(to set: String) -> String { set.hasPrefix("__") ? "{ … }" : "@\(set)" }

    private mutating func load(_ text: String, _ key: MetaKey? = nil) {
        flush()
        lowerBound = nil
        mask = nil
        loaded = text
        loadedKey = key
    }

    /// Writes what is pending: the transport protocol and the loaded value. A value that is never compared belongs to
    /// an unknown condition and is followed by an ellipsis.
    private mutating func flush() {
        if let loaded { words.append("\(loaded) …") }
        if !isLayer4Written { words.append("meta l4proto \(layer4)") }
        isLayer4Written = true
        loaded = nil
        loadedKey = nil
    }

    /// Writes a text that contains the word for the loaded value, if any.
    private mutating func write(_ text: String) {
        loaded = nil
        lowerBound = nil
        flush()
        words.append(text)
    }

    /// Writes the condition that the loaded value is in a range, or not.
    private mutating func writeRange(from low: [UInt8], to high: [UInt8], isInverted: Bool) {
        let subject = loaded ?? "…"
        let (first, last) = (Self.value(low, of: subject), Self.value(high, of: subject))
        let isKnown = first != "…" && last != "…"
        write("\(subject) \(isInverted ? "!= " : "")\(isKnown ? "\(first)-\(last)" : "…")")
    }

    /// The words for bytes of a header. An address may be loaded in part, for a prefix of whole bytes.
    private mutating func field(_ base: PayloadBase, _ offset: UInt32, _ length: UInt32) -> String {
        switch (base, offset, length) {
        case (.link, 0, 6): return "ether daddr"
        case (.link, 6, 6): return "ether saddr"
        case (.link, 12, 2): return "ether type"
        case (.network, 2, 2): return "ip length"
        case (.network, 8, 1): return "ip ttl"
        case (.network, 9, 1): return "ip protocol"
        case (.network, 12, 1...4): return "ip saddr"
        case (.network, 16, 1...4): return "ip daddr"
        case (.network, 8, 16): return "ip6 saddr"
        case (.network, 24, 16): return "ip6 daddr"
        case (.transport, 0, 2), (.transport, 2, 2):
            // "udp dport" includes the protocol.
            isLayer4Written = true
            return layer4 + (offset == 0 ? " sport" : " dport")
        default: return "payload"
        }
    }

    private mutating func compare(_ comparison: Comparison, _ bytes: [UInt8]) {
        let subject = loaded ?? "…"
        // Keep the protocol for "udp dport" and the like.
        if case .layer4Protocol? = loadedKey, comparison == .equal, bytes.count == 1 {
            layer4 = Self.protocols[bytes[0]] ?? String(bytes[0])
            loaded = nil
            loadedKey = nil
            isLayer4Written = false
            return
        }
        if subject == "ct state", comparison == .notEqual, let mask, bytes.allSatisfy({ $0 == 0 }) {
            return write("ct state \(Self.states(mask))")
        }
        let value = subject == "ct state" ? Self.states(bytes) : Self.value(bytes, of: subject)
        // A range consists of two comparisons of one value.
        if loaded == nil, comparison == .lessOrEqual, let (subject, low) = lowerBound {
            words.removeLast()
            return write("\(subject) \(low)-\(Self.value(bytes, of: subject))")
        }
        guard value != "…" else { return write("\(subject) …") }
        write("\(subject) \(Self.signs[comparison] ?? "")\(value)\(mask.map(Self.suffix) ?? "")")
        if comparison == .greaterOrEqual, mask == nil { lowerBound = (subject, value) }
    }

    /// "/24" for a mask of 24 leading bits, "/…" for other masks.
    private static func suffix(_ mask: [UInt8]) -> String {
        let bits = mask.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let ones = (~bits).leadingZeroBitCount
        return mask.count == 4 && ones > 0 && bits.nonzeroBitCount == ones ? "/\(ones)" : "/…"
    }

    /// The bits of a connection's state (NF_CT_STATE_BIT, NF_CT_STATE_INVALID_BIT, NF_CT_STATE_UNTRACKED_BIT).
    private static let stateNames: [(bit: Int, name: String)] = [
        (1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked"),
    ]

    private static func states(_ bytes: [UInt8]) -> String {
        let bits = Int(hostOrder: bytes)
        let names = stateNames.filter { bits & $0.bit != 0 }.map(\.name)
        return names.isEmpty ? "…" : names.joined(separator: ",")
    }

    private static let signs: [Comparison: String] = [
        .notEqual: "!= ", .less: "< ", .lessOrEqual: "<= ", .greater: "> ", .greaterOrEqual: ">= ",
    ]
    private static let protocols: [UInt8: String] = [
        IPProtocol.icmp: "icmp", IPProtocol.igmp: "igmp", IPProtocol.tcp: "tcp", IPProtocol.udp: "udp",
        IPProtocol.icmpv6: "ipv6-icmp",
    ]

    /// The bytes as nft writes a value of this subject; "…" if they have no known form.
    private static func value(_ bytes: [UInt8], of subject: String) -> String {
        switch subject {
        case "iifname", "oifname":
            // Without a NUL, the bytes are the beginning of a name ("eth*").
            let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            return "\"\(name)\(bytes.contains(0) ? "" : "*")\""
        case "ip saddr", "ip daddr":
            let address = (bytes + [0, 0, 0]).prefix(4).map { String($0) }.joined(separator: ".")
            return bytes.count < 4 ? "\(address)/\(bytes.count * 8)" : address
        case "ip protocol" where bytes.count == 1: return protocols[bytes[0]] ?? String(bytes[0])
        case "meta nfproto" where bytes == [Family.ip.rawValue]: return "ipv4"
        case "meta nfproto" where bytes == [Family.ip6.rawValue]: return "ipv6"
        case "meta nfproto": return "…"
        case "meta skuid", "iif", "oif": return String(Int(hostOrder: bytes))
        case "meta mark", "ct mark": return "0x" + String(Int(hostOrder: bytes), radix: 16)
        case "fib daddr type", "fib saddr type": return addressTypes[Int(hostOrder: bytes)] ?? "…"
        case "fib saddr oif" where bytes.count == 1: return bytes == [0] ? "missing" : "exists"
        case "meta pkttype" where bytes.count == 1:
            return bytes[0] < packetTypes.count ? packetTypes[Int(bytes[0])] : "…"
        case "ether saddr", "ether daddr":
            return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
        case "ip ttl", "ip length": return String(bytes.reduce(0) { $0 << 8 | Int($1) })
        case _ where subject.hasSuffix("port"): return String(bytes.reduce(0) { $0 << 8 | Int($1) })
        default: return "…"
        }
    }

    /// By PACKET_*.
    private static let packetTypes = ["host", "broadcast", "multicast", "other"]
    /// By RTN_*.
    private static let addressTypes = [
        1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole",
    ]

    private static func words(of verdict: Verdict) -> String {
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
