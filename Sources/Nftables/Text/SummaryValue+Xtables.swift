// SPDX-License-Identifier: GPL-2.0-or-later

/// Offsets are those in the structures of linux/netfilter/xt_*.h, the numbers of flags and modes those of its constants.
extension SummaryValue {
    /// The options of an xtables match in iptables' words: "--dport 53"; nil if they are not known.
    static func xtablesWords(_ name: String, _ revision: UInt32, _ data: [UInt8]) -> String? {
        // The structure of each of these matches has at least 2 bytes; an empty one is not of the kernel.
        if data.count < 2 { return nil }
        let info = MatchBytes(bytes: data)
        let words: [String] =
            switch name {
            case "udp": ports(info, inversion: info.byte(8))
            case "tcp": ports(info, inversion: info.byte(11)) + (info.byte(9) != 0 ? [tcpFlags(info)] : [])
            case "multiport": multiport(info, revision)
            case "state": ["--state " + states(info.word(0))]
            case "conntrack" where revision >= 2 && info.short(146) & ~0x2001 == 0:
                [sign(info.short(148) & 1 != 0) + "--ctstate " + states(UInt32(info.short(150)))]
            case "addrtype" where revision >= 1: addressTypeOptions(info)
            case "pkttype" where info.word(0) < 3:
                ["\(sign(info.word(4) != 0))--pkt-type \(matchedPacketTypes[Int(info.word(0))])"]
            case "mark", "connmark":
                [sign(info.byte(8) != 0) + "--mark " + masked(info.word(0), info.word(4))]
            case "owner" where revision >= 1: owner(info)
            case "iprange" where revision >= 1: addressRanges(info)
            case "length":
                [sign(info.byte(4) != 0) + "--length " + range(info.short(0), info.short(2))]
            case "ttl": ["\(hopModes[Int(info.byte(0) & 3)]) \(info.byte(1))"]
            case "mac":
                [sign(info.word(8) != 0) + "--mac-source " + value(info.part(0, 6), of: "ether saddr")]
            case "recent": recent(info)
            case "dscp": [sign(info.byte(1) != 0) + "--dscp \(info.byte(0))"]
            case "string": [sign(info.byte(149) & 1 != 0) + "--string \"\(info.text(20, 128))\""]
            case "connbytes" where info.byte(16) < 3:
                ["--connbytes \(info.long(0)):\(info.long(8))", connbytesMode(info)]
            case "helper": [sign(info.word(0) != 0) + "--helper \(info.text(4, 30))"]
            case "cpu": [sign(info.word(4) != 0) + "--cpu \(info.word(0))"]
            default: []
            }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// By PACKET_*.
    private static let matchedPacketTypes: [String] = ["unicast", "broadcast", "multicast"]
    /// IPT_TTL_EQ, NE, LT, GT.
    private static let hopModes: [String] = ["--ttl-eq", "! --ttl-eq", "--ttl-lt", "--ttl-gt"]

    private static func sign(_ isInverted: Bool) -> String { isInverted ? "! " : "" }

    private static func range<Number: BinaryInteger>(_ low: Number, _ high: Number) -> String {
        low == high ? "\(low)" : "\(low):\(high)"
    }

    private static func masked(_ value: UInt32, _ mask: UInt32) -> String {
        "0x" + String(value, radix: 16) + (mask == .max ? "" : "/0x" + String(mask, radix: 16))
    }

    /// The port ranges at the start of struct xt_udp and struct xt_tcp.
    private static func ports(_ info: MatchBytes, inversion: UInt8) -> [String] {
        let options: [(name: String, offset: Int, flag: UInt8)] = [("--sport", 0, 1), ("--dport", 4, 2)]
        return options.compactMap { option, offset, flag in
            let (low, high) = (info.short(offset), info.short(offset + 2))
            let isInverted = inversion & flag != 0
            if low == 0, high == .max, !isInverted { return nil }
            return "\(sign(isInverted))\(option) \(range(low, high))"
        }
    }

    private static func tcpFlags(_ info: MatchBytes) -> String {
        func names(_ bits: UInt8) -> String {
            bits == 0 ? "NONE" : (flags([bits], of: "tcp flags") ?? "").uppercased()
        }
        return sign(info.byte(11) & 4 != 0) + "--tcp-flags \(names(info.byte(9))) \(names(info.byte(10)))"
    }

    private static func multiport(_ info: MatchBytes, _ revision: UInt32) -> [String] {
        let option = ["--sports", "--dports", "--ports"][min(Int(info.byte(0)), 2)]
        var list = ""
        for position in 0..<min(Int(info.byte(1)), 15) {
            // A port with a flag begins a range, which the next port ends.
            let beginsRange = revision >= 1 && info.byte(32 + position) != 0
            list += "\(info.short(2 + 2 * position))\(beginsRange ? ":" : ",")"
        }
        return [sign(revision >= 1 && info.byte(47) != 0) + "\(option) \(list.dropLast())"]
    }

    private static func states(_ bits: UInt32) -> String {
        // The bit for untracked packets differs between the matches.
        let names: [(bit: UInt32, name: String)] = [
            (1, "INVALID"), (2, "ESTABLISHED"), (4, "RELATED"), (8, "NEW"), (64, "UNTRACKED"),
            (256, "UNTRACKED"),
        ]
        let found = names.filter { bits & $0.bit != 0 }.map(\.name)
        return found.isEmpty ? "…" : found.joined(separator: ",")
    }

    private static func addressTypeOptions(_ info: MatchBytes) -> [String] {
        let names = [
            "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE",
            "PROHIBIT",
        ]
        func option(_ name: String, _ types: UInt16, inversion: UInt32) -> String? {
            let found = names.indices.filter { types & (1 << $0) != 0 }.map { names[$0] }
            if found.isEmpty { return nil }
            return sign(info.word(4) & inversion != 0) + "\(name) " + found.joined(separator: ",")
        }
        let options = [
            option("--src-type", info.short(0), inversion: 1),
            option("--dst-type", info.short(2), inversion: 2),
        ]
        return options.compactMap(\.self)
    }

    private static func owner(_ info: MatchBytes) -> [String] {
        // The flags are 1 for the user, 2 for the group and 4 for the existence of a socket.
        let (match, inverted) = (info.byte(16), info.byte(17))
        let options: [(flag: UInt8, text: String)] = [
            (1, "--uid-owner " + range(info.word(0), info.word(4))),
            (2, "--gid-owner " + range(info.word(8), info.word(12))), (4, "--socket-exists"),
        ]
        return options.filter { match & $0.flag != 0 }.map { sign(inverted & $0.flag != 0) + $0.text }
    }

    private static func addressRanges(_ info: MatchBytes) -> [String] {
        let flags = info.byte(64)
        func range(_ offset: Int) -> String {
            value(info.part(offset, 4), of: "ip saddr") + "-"
                + value(info.part(offset + 16, 4), of: "ip saddr")
        }
        let options: [String?] = [
            flags & 1 != 0 ? sign(flags & 16 != 0) + "--src-range " + range(0) : nil,
            flags & 2 != 0 ? sign(flags & 32 != 0) + "--dst-range " + range(32) : nil,
        ]
        return options.compactMap(\.self)
    }

    private static func recent(_ info: MatchBytes) -> [String] {
        let modes: [(UInt8, String)] = [
            (1, "--rcheck"), (2, "--set"), (4, "--update"), (8, "--remove"),
        ]
        guard let mode = modes.first(where: { info.byte(8) & $0.0 != 0 })?.1 else { return [] }
        var words = [sign(info.byte(9) != 0) + mode]
        if info.word(0) != 0 { words.append("--seconds \(info.word(0))") }
        if info.word(4) != 0 { words.append("--hitcount \(info.word(4))") }
        return words + ["--name \(info.text(10, 200))"]
    }

    private static func connbytesMode(_ info: MatchBytes) -> String {
        let mode = ["packets", "bytes", "avgpkt"][Int(info.byte(16))]
        let direction = ["original", "reply", "both"][min(Int(info.byte(17)), 2)]
        return "--connbytes-mode \(mode) --connbytes-dir \(direction)"
    }
}

/// The private structure of an xtables match. Bytes beyond its end read as 0.
private struct MatchBytes {
    let bytes: [UInt8]

    func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }
    func part(_ offset: Int, _ length: Int) -> [UInt8] { (0..<length).map { byte(offset + $0) } }
    func short(_ offset: Int) -> UInt16 { UInt16(hostOrder: part(offset, 2)) }
    func word(_ offset: Int) -> UInt32 { UInt32(hostOrder: part(offset, 4)) }
    func long(_ offset: Int) -> UInt64 { UInt64(hostOrder: part(offset, 8)) }

    /// A text of at most `length` bytes, which a NUL ends.
    func text(_ offset: Int, _ length: Int) -> String {
        String(decoding: part(offset, length).prefix { $0 != 0 }, as: UTF8.self)
    }
}
