// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Evaluator {
    typealias Condition = (truth: Truth, facets: Facets)

    /// Evaluates an xtables match. An unknown match is taken not to match a stranger.
    func xtables(_ name: String, _ revision: UInt32, _ data: [UInt8], _ state: PacketState) -> Condition {
        let info = XtablesBytes(data)
        switch name {
        case "comment": return (.yes, [])
        case "conntrack" where revision >= 1: return conntrack(info, revision, state)
        case "state": return connectionState(info.word(0), untracked: 64, state)
        case "udp": return udp(info)
        case "tcp": return tcp(info)
        case "multiport": return multiport(info, revision)
        case "addrtype": return addressType(info, revision)
        case "pkttype":
            let isIt = info.word(0) == (packets.isGroup && packets.direction == .input ? 2 : 0)
            return (isIt != (info.word(4) != 0) ? .yes : .no, .audience)
        case "mark": return mark(state.mark, info)
        case "connmark": return mark(state.connectionMark, info)
        case "owner": return owner(info)
        case "physdev": return physdev(info)
        case "devgroup": return devgroup(info, state)
        case "iprange": return iprange(info)
        default: return plain(name, revision, info)
        }
    }

    private func either(_ isInverted: Bool, _ truth: Truth, _ facets: Facets) -> Condition {
        (isInverted ? truth.inverted : truth, facets)
    }

    /// Evaluates a match of which at most an inversion flag or one field is read.
    private func plain(_ name: String, _ revision: UInt32, _ info: XtablesBytes) -> Condition {
        switch name {
        case "recent":
            // XT_RECENT_SET adds the address to the list and always matches.
            if info.byte(8) & 2 != 0 { return (info.byte(9) == 0 ? .yes : .no, []) }
            return either(info.byte(9) != 0, .unlikely, .peer)
        case "limit": return (.likely, .rate)
        case "hashlimit":
            let mode = info.word(revision >= 2 ? 272 : 16)
            return either(mode & 16 != 0, .likely, .rate)
        case "connlimit": return either(info.word(20) & 1 != 0, .unlikely, .rate)
        case "quota": return either(info.word(0) & 1 != 0, .likely, .rate)
        case "statistic": return (.unlikely, .rate)
        case "mac": return either(info.word(8) != 0, .unlikely, .peer)
        case "set": return either(info.byte(3) & 1 != 0, .unlikely, .peer)
        case "rpfilter": return either(info.byte(0) & 8 != 0, .likely, .route)
        case "time": return (.unlikely, .ordinary)
        case "length":
            let isOrdinary = (info.short(0)...max(info.short(0), info.short(2))).contains(100)
            return either(info.byte(4) != 0, isOrdinary ? .likely : .unlikely, .ordinary)
        case "ttl":
            let (limit, hops) = (info.byte(1), packets.hops)
            let holds = [limit == hops, limit != hops, hops < limit, hops > limit][Int(info.byte(0) & 3)]
            return (holds ? .likely : .unlikely, .ordinary)
        case "policy":
            // XT_POLICY_MATCH_NONE: the packet was not decapsulated by IPsec.
            return (info.short(304) & 4 != 0 ? .likely : .unlikely, .other)
        default: return content(name, revision, info)
        }
    }

    /// Evaluates a match of the payload or of a rarely used field, which ordinary packets do not have.
    private func content(_ name: String, _ revision: UInt32, _ info: XtablesBytes) -> Condition {
        switch name {
        case "string": return either(info.byte(149) & 1 != 0, .unlikely, .ordinary)
        case "dscp": return either(info.byte(1) != 0, info.byte(0) == 0 ? .likely : .unlikely, .ordinary)
        case "tos" where revision >= 1:
            return either(info.byte(2) != 0, info.byte(1) == 0 ? .likely : .unlikely, .ordinary)
        case "helper": return either(info.word(0) != 0, .unlikely, .state)
        case "geoip": return either(info.byte(0) & 4 != 0, .unlikely, .peer)
        case "cpu": return either(info.word(4) != 0, .unlikely, .rate)
        case "nfacct": return (.yes, [])
        default: return (.unlikely, .other)
        }
    }

    // MARK: Connections

    private func connectionState(_ mask: UInt32, untracked: UInt32, _ state: PacketState) -> Condition {
        if state.isTrackingUnknown, !state.isUntracked { return (.unlikely, .other) }
        let tracked = state.isBeforeTracking ? ConnectionState.invalid : ConnectionState.new
        let bit = state.isUntracked ? untracked : tracked
        return (mask & bit != 0 ? .yes : .no, .state)
    }

    /// struct xt_conntrack_mtinfo1 to 3
    private func conntrack(_ info: XtablesBytes, _ revision: UInt32, _ state: PacketState) -> Condition {
        let (flags, inverted) = (info.short(146), info.short(148))
        if state.isTrackingUnknown, !state.isUntracked { return (.unlikely, .other) }
        var result: Condition = (.yes, [])
        func add(_ flag: UInt16, _ truth: @autoclosure () -> Truth, _ facets: Facets) {
            guard flags & flag != 0 else { return }
            let truth = inverted & flag != 0 ? truth().inverted : truth()
            result = (result.truth.and(truth), result.facets.union(facets))
        }
        let mask = revision == 1 ? UInt32(info.byte(150)) : UInt32(info.short(150))
        let status = revision == 1 ? UInt32(info.byte(151)) : UInt32(info.short(152))
        add(1, connectionState(mask, untracked: 256, state).truth, .state)
        if state.isUntracked, flags & ~0x2001 != 0 { return (.no, .state) }
        add(2, UInt16(packets.transport ?? 0) == info.short(136) ? .yes : .no, .transport)
        add(4, address(packets.bits(1, 12, 4), info.part(0, 4), info.part(16, 4)), .peer)
        add(8, address(packets.bits(1, 16, 4), info.part(32, 4), info.part(48, 4)), .audience)
        add(64, status == 0 ? .yes : .unlikely, .state)
        add(0x1000, .yes, .state)
        if flags & 0x0FB0 != 0 { result = (result.truth.and(.unlikely), result.facets.union(.other)) }
        return result
    }

    private func address(_ bits: Bits, _ address: [UInt8], _ mask: [UInt8]) -> Truth {
        bits.masked(mask, xor: [0, 0, 0, 0]).equals(address)
    }

    private func mark(_ mark: Bits, _ info: XtablesBytes) -> Condition {
        let truth = mark.masked(info.word(4).hostOrder, xor: [0, 0, 0, 0]).equals(info.word(0).hostOrder)
        return either(info.byte(8) != 0, truth, mark.facets)
    }

    // MARK: Ports

    private func port(isSource: Bool) -> Bits { packets.bits(2, isSource ? 0 : 2, 2) }

    private func isIn(_ low: UInt16, _ high: UInt16, isSource: Bool) -> Truth {
        if low == 0, high == UInt16.max { return .yes }
        func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
        return port(isSource: isSource).isWithin(bytes(low), bytes(high))
    }

    /// The number of ports in a range; port 0 counts with port 1, as no packet has it.
    private static func ports(from low: UInt16, to high: UInt16) -> Int {
        Int(high) - Int(low == 1 ? 0 : min(low, high)) + 1
    }

    /// The properties of a condition on this number of ports. A range that is written out (`ufw deny 1:65535/udp`) is about
    /// ports, however many they are: only one that spares some by inversion may be about the rest.
    private func portFacets(_ truth: Truth, number: Int, _ isInverted: Bool) -> Facets {
        guard truth.forStranger, isInverted else { return .port }
        return facets(.port, sparing: Double(number) / 65_536)
    }

    /// Evaluates the port ranges at the start of struct xt_udp and struct xt_tcp.
    private func ports(_ info: XtablesBytes, _ inversion: UInt8) -> Condition {
        var result: Condition = (.yes, [])
        for isSource in [true, false] {
            let (low, high) = isSource ? (info.short(0), info.short(2)) : (info.short(4), info.short(6))
            let isInverted = inversion & (isSource ? 1 : 2) != 0
            if low == 0, high == UInt16.max, !isInverted { continue }
            let inside = isIn(low, high, isSource: isSource)
            let truth = isInverted ? inside.inverted : inside
            let about = portFacets(truth, number: Self.ports(from: low, to: high), isInverted)
            result = (result.truth.and(truth), result.facets.union(about))
        }
        return result
    }

    private func udp(_ info: XtablesBytes) -> Condition {
        guard packets.transport == 17 else { return (packets.transport == nil ? .unlikely : .no, .transport) }
        return ports(info, info.byte(8))
    }

    private func tcp(_ info: XtablesBytes) -> Condition {
        guard packets.transport == 6 else { return (packets.transport == nil ? .unlikely : .no, .transport) }
        let isSame = 2 & info.byte(9) == info.byte(10)
        let isInverted = info.byte(11) & 4 != 0
        var result = ports(info, info.byte(11))
        if info.byte(9) != 0, isSame == isInverted { result = (.no, .state) }
        if info.byte(8) != 0 { result = (result.truth.and(.unlikely), .other) }
        return result
    }

    private func multiport(_ info: XtablesBytes, _ revision: UInt32) -> Condition {
        let (direction, count) = (info.byte(0), min(Int(info.byte(1)), 15))
        var truth = Truth.no
        var number = 0
        var place = 0
        while place < count {
            let low = info.short(2 + 2 * place)
            var high = low
            if revision >= 1, info.byte(32 + place) != 0, place + 1 < count {
                place += 1
                high = info.short(2 + 2 * place)
            }
            number += Self.ports(from: low, to: high)
            for isSource in [true, false] where direction == 2 || (direction == 0) == isSource {
                let found = isIn(low, high, isSource: isSource)
                if found == .yes || truth == .no || (found == .likely && truth == .unlikely) {
                    truth = truth == .yes ? .yes : found
                }
            }
            place += 1
        }
        let isInverted = revision >= 1 && info.byte(47) != 0
        let result = isInverted ? truth.inverted : truth
        return (result, portFacets(result, number: number, isInverted))
    }

    // MARK: Addresses and interfaces

    private func addressType(_ info: XtablesBytes, _ revision: UInt32) -> Condition {
        let (source, destination, flags) = (info.short(0), info.short(2), info.word(4))
        let isSourceInverted = revision == 0 ? flags != 0 : flags & 1 != 0
        let isDestinationInverted = revision == 0 ? info.word(8) != 0 : flags & 2 != 0
        func has(_ mask: UInt16, isSource: Bool) -> Bool {
            UInt32(mask) & 1 << addressType(isSource: isSource) != 0
        }
        var result: Condition = (.yes, [])
        if destination != 0 {
            let isIt = has(destination, isSource: false) != isDestinationInverted
            let isKnown = packets.direction == .input || packets.isGroup
            let truth: Truth = isKnown ? (isIt ? .yes : .no) : isIt ? .likely : .unlikely
            result = (truth, .audience)
        }
        if source != 0 {
            let isIt = has(source, isSource: true) != isSourceInverted
            let truth: Truth = packets.direction == .input ? (isIt ? .likely : .unlikely) : isIt ? .yes : .no
            result = (result.truth.and(truth), result.facets.union(.peer))
        }
        return result
    }

    private func iprange(_ info: XtablesBytes) -> Condition {
        let flags = info.byte(64)
        var result: Condition = (.yes, [])
        func add(_ flag: UInt8, _ inversion: UInt8, _ bits: Bits, _ low: Int, _ high: Int) {
            guard flags & flag != 0 else { return }
            let truth = bits.isWithin(info.part(low, 4), info.part(high, 4))
            result = (
                result.truth.and(flags & inversion != 0 ? truth.inverted : truth),
                result.facets.union(bits.facets)
            )
        }
        add(1, 16, packets.bits(1, 12, 4), 0, 16)
        add(2, 32, packets.bits(1, 16, 4), 32, 48)
        return result
    }

    private func owner(_ info: XtablesBytes) -> Condition {
        let (match, inverted) = (info.byte(16), info.byte(17))
        guard packets.direction == .output else { return (match & ~inverted == 0 ? .yes : .no, .user) }
        var truth = Truth.yes
        if match & 1 != 0 {
            var found = Truth.unlikely
            if let user = packets.user {
                found = (info.word(0)...max(info.word(0), info.word(4))).contains(user) ? .yes : .no
            }
            truth = truth.and(inverted & 1 != 0 ? found.inverted : found)
        }
        if match & 2 != 0 { truth = truth.and(inverted & 2 != 0 ? .likely : .unlikely) }
        if match & 4 != 0 { truth = truth.and(inverted & 4 != 0 ? .no : .yes) }
        return (truth, .user)
    }

    private func physdev(_ info: XtablesBytes) -> Condition {
        // The packet did not come through a bridge: only conditions that are inverted hold.
        let (inverted, used) = (info.byte(64), info.byte(65))
        return (used & ~inverted == 0 ? .yes : .no, .interface)
    }

    private func devgroup(_ info: XtablesBytes, _ state: PacketState) -> Condition {
        let flags = info.word(0)
        var result: Condition = (.yes, .interface)
        for (flag, inversion, key, place) in [(1, 2, 21, 4), (4, 8, 22, 12)]
            as [(UInt32, UInt32, UInt32, Int)]
        where flags & flag != 0 {
            var truth = Truth.no
            if let group = meta(key, state) {
                truth = group.masked(info.word(place + 4).hostOrder, xor: [0, 0, 0, 0])
                    .equals(info.word(place).hostOrder)
            }
            result.truth = result.truth.and(flags & inversion != 0 ? truth.inverted : truth)
        }
        return result
    }

    // MARK: Targets

    /// Evaluates an xtables target; returns true when it ends the rule.
    func target(_ name: String, _ revision: UInt32, _ data: [UInt8], _ run: inout Run) -> Bool {
        let info = XtablesBytes(data)
        switch name {
        case "REJECT": run.meaning.ending = .reject
        case "DROP", "TARPIT", "DELUDE", "CHAOS": run.meaning.ending = .drop
        case "NFQUEUE", "QUEUE": run.meaning.ending = .queue
        case "MARK" where revision >= 2:
            let (mark, mask) = (info.word(0), info.word(4))
            let kept = run.state.mark.masked((~mask).hostOrder, xor: mark.hostOrder)
            run.state.mark = kept
            run.meaning.changes = true
            return false
        case "CONNMARK":
            connectionMark(info, &run)
            return false
        case "NOTRACK":
            run.state.isUntracked = true
            run.meaning.changes = true
            return false
        case "CT":
            if info.short(0) & 1 != 0 { run.state.isUntracked = true }
            run.meaning.changes = true
            return false
        case "SET":
            run.meaning.addsToSet = true
            return false
        default:
            if RuleMeaning.quietTargets.contains(name) { return false }
            run.meaning.ending = .unknown
        }
        return true
    }

    /// struct xt_connmark_tginfo1
    private func connectionMark(_ info: XtablesBytes, _ run: inout Run) {
        run.meaning.changes = true
        let value = info.word(0)
        switch info.byte(12) {
        case 0:
            run.state.connectionMark = run.state.connectionMark.masked(
                (~info.word(4)).hostOrder, xor: value.hostOrder)
        case 1: run.state.connectionMark = run.state.mark
        default: run.state.mark = run.state.connectionMark
        }
    }
}
