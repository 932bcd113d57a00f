// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The header of packets, and what rules write: into the header, and to the properties of packet and connection.
extension Evaluator {
    /// Bytes of a header (`base`: NFT_PAYLOAD_*); nil where packets have no such header.
    func header(_ base: UInt32, _ offset: UInt32, _ length: UInt32, _ state: PacketState) -> Bits? {
        let isOfLink = base == 0
        // `Hook` has no case for egress, where packets have their link header.
        if isOfLink, packets.direction == .output, state.hook != .ingress { return nil }
        var bits = packets.bits(base, Int(clamping: offset), Int(clamping: length))
        guard state.isRewritten else { return bits }
        if isOfLink || bits.facets.isSubset(of: [.ordinary, .other]) {
            return Bits(unknown: bits.count, .other)
        }
        if bits.facets.contains(.ordinary) {
            bits.assumed = bits.known
            bits.facets.formUnion(.other)
        }
        return bits
    }

    /// The offsets, from the start of the IPv4 header, of the bytes that decide where a packet belongs: the version and
    /// length of the header, the fragment, the protocol, the addresses, and the ports.
    private static func isDecisive(_ offset: Int) -> Bool {
        offset == 0 || (6..<8).contains(offset) || offset == 9 || (12..<24).contains(offset)
    }

    /// Evaluates a write of bytes into a header; returns true when it ends the rule. What becomes of a packet with another
    /// address, port or protocol is not evaluated: neither its route nor whether an exception still matches it.
    func write(
        _ base: UInt32, _ offset: UInt32, _ length: UInt32, _ from: UInt8, _ run: inout RuleEvaluation
    ) -> Bool {
        let (start, count) = (Int(clamping: offset), min(Int(clamping: length), 64))
        let (old, new) = (packets.bits(base, start, count), run.registers.get(from, count))
        let first = base == 2 ? start &+ 20 : start
        let changesDecisive = (0..<count).contains { index in
            let isSame = old.known[index] & new.known[index] == 0xFF && old.bytes[index] == new.bytes[index]
            return !isSame && Self.isDecisive(first &+ index)
        }
        run.meaning.changes = true
        run.state.isRewritten = true
        if base != 0, changesDecisive { run.meaning.ending = .unknown }
        return run.meaning.ending == .unknown
    }

    func setMeta(_ key: UInt32, _ from: UInt8, _ run: inout RuleEvaluation) {
        // Key 3 is NFT_META_MARK. Every key except 12 (NFT_META_NFTRACE) counts as a change.
        if key == 3 { run.state.mark = run.registers.get(from, 4).with(.mark) }
        if key != 12 { run.meaning.changes = true }
    }

    /// Sets a property of the connection (NFT_CT_*). Without a connection, the kernel sets nothing but the zone.
    func setConnection(_ key: UInt32, _ from: UInt8, _ run: inout RuleEvaluation) {
        run.meaning.changes = true
        let hasConnection = run.state.hasConnection
        switch key {
        case 3 where hasConnection != false:  // mark
            let mark = run.registers.get(from, 4).with(.mark)
            run.state.connectionMark = hasConnection == true ? mark : Bits(unknown: 4, .other)
        case 13 where hasConnection != false:  // labels: those of the register are added
            run.state.connectionLabels = Bits(unknown: 16, .other)
        case 17: run.state.enter(zone: run.registers.get(from, 2))  // zone
        default: break
        }
    }
}
