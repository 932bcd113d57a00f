// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// Offsets are those in the structures of linux/netfilter/xt_*.h, the numbers of flags and modes those of its constants.
extension Evaluator {
    typealias Condition = (truth: Truth, facets: Facets)

    /// Evaluates an xtables match. An unknown match is taken not to match a stranger.
    func xtables(_ name: String, _ revision: UInt32, _ data: [UInt8], _ state: PacketState) -> Condition {
        let info = XtablesBytes(data)
        if state.isRewritten, Self.matchesOfContents.contains(name) { return (.unlikely, .other) }
        switch name {
        case "comment": return (.yes, [])
        case "conntrack" where revision >= 1: return conntrack(info, revision, state)
        case "state": return connectionState(info.word(0), untracked: 64, state)
        case "udp": return udp(info)
        case "tcp": return tcp(info)
        case "multiport": return multiport(info, revision)
        case "addrtype": return addressType(info, revision)
        case "pkttype":
            // PACKET_MULTICAST or PACKET_HOST
            let type: UInt32 = packets.isGroup && packets.direction == .input ? 2 : 0
            let isInverted = info.word(4) != 0
            return ((info.word(0) == type) != isInverted ? .yes : .no, .receiver)
        case "mark": return mark(state.mark, info)
        case "connmark":
            guard let hasConnection = state.hasConnection else { return (.unlikely, .other) }
            return hasConnection ? mark(state.connectionMark, info) : (.no, .state)
        case "owner": return owner(info)
        case "physdev": return physdev(info)
        case "devgroup": return devgroup(info, state)
        case "iprange": return iprange(info)
        default: return plain(name, revision, info)
        }
    }

    private func condition(_ isInverted: Bool, _ truth: Truth, _ facets: Facets) -> Condition {
        (isInverted ? truth.inverted : truth, facets)
    }

    /// Evaluates a match of which at most the inversion flag and one or two fields are read.
    private func plain(_ name: String, _ revision: UInt32, _ info: XtablesBytes) -> Condition {
        switch name {
        case "recent":
            // XT_RECENT_SET adds the address to the list and always matches.
            if info.byte(8) & 2 != 0 { return (info.byte(9) == 0 ? .yes : .no, []) }
            return condition(info.byte(9) != 0, .unlikely, .peer)
        case "limit": return (.likely, .rate)
        case "hashlimit":
            let mode = info.word(revision >= 2 ? 272 : 16)
            return condition(mode & 16 != 0, .likely, .rate)
        case "connlimit":
            // Every connection exceeds the limit 0.
            return condition(info.word(20) & 1 != 0, info.word(16) == 0 ? .yes : .unlikely, .rate)
        // The number or path of a cgroup is set by the administrator, as a mark is.
        case "cgroup":
            let isInverted = revision == 0 ? info.word(4) != 0 : info.byte(2) != 0 || info.byte(3) != 0
            return condition(isInverted, .unlikely, .mark)
        case "quota":
            // No packet is as short as 27 bytes.
            let isSpent = info.word(8) < 28 && info.word(12) == 0
            return condition(info.word(0) & 1 != 0, isSpent ? .no : .likely, .rate)
        case "statistic": return statistic(info)
        case "mac":
            return packets.direction == .output
                ? (.no, .other) : condition(info.word(8) != 0, .unlikely, .peer)
        case "set": return condition(info.byte(3) & 1 != 0, .unlikely, .peer)
        case "rpfilter": return condition(info.byte(0) & 8 != 0, .likely, .route)
        case "time": return (.unlikely, .other)
        case "length":
            // 100 bytes is the length that is assumed of a stranger's packet.
            let isOrdinary = (info.short(0)...max(info.short(0), info.short(2))).contains(100)
            return condition(info.byte(4) != 0, isOrdinary ? .likely : .unlikely, .ordinary)
        case "ttl":
            let (limit, hops) = (info.byte(1), packets.hops)
            // In the order of the modes IPT_TTL_EQ, NE, LT and GT.
            let holds = [limit == hops, limit != hops, hops < limit, hops > limit][Int(info.byte(0) & 3)]
            return (holds ? .likely : .unlikely, .ordinary)
        case "policy":
            // XT_POLICY_MATCH_NONE: the condition is that IPsec does not apply to the packet.
            return (info.short(304) & 4 != 0 ? .likely : .unlikely, .mark)
        default: return content(name, revision, info)
        }
    }

    /// Evaluates a match of the payload or of a rarely used field, which ordinary packets do not have.
    private func content(_ name: String, _ revision: UInt32, _ info: XtablesBytes) -> Condition {
        switch name {
        case "string": return condition(info.byte(149) & 1 != 0, .unlikely, .ordinary)
        case "dscp": return condition(info.byte(1) != 0, info.byte(0) == 0 ? .likely : .unlikely, .ordinary)
        case "tos" where revision >= 1:
            return condition(info.byte(2) != 0, info.byte(1) == 0 ? .likely : .unlikely, .ordinary)
        case "ecn": return ecn(info)
        case "u32": return u32(info)
        // The helper of the connection that expected this one, which no connection of a class has.
        case "helper": return condition(info.word(0) != 0, .no, .state)
        case "geoip": return condition(info.byte(0) & 4 != 0, .unlikely, .peer)
        case "cpu": return condition(info.word(4) != 0, .unlikely, .rate)
        case "nfacct": return (.yes, [])
        default: return (.unlikely, .other)
        }
    }

    // MARK: Connections

    /// The condition that the connection state is in `mask` (NF_CT_STATE_BIT). `untracked` is the bit for untracked
    /// packets, which differs among matches.
    private func connectionState(_ mask: UInt32, untracked: UInt32, _ state: PacketState) -> Condition {
        if state.isTrackingUnknown, !state.isUntracked { return (.unlikely, .other) }
        let bit = state.isUntracked ? untracked : stateOfTracked(state)
        return (mask & bit != 0 ? .yes : .no, .state)
    }

    /// Evaluates struct xt_conntrack_mtinfo1 to 3. In revision 1 the masks of state and status have one byte, later two.
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
        // Without a connection, only the state (XT_CONNTRACK_STATE, _STATE_ALIAS) counts, and must be named.
        switch state.hasConnection {
        case false?: return flags & 1 != 0 ? result : (.no, .state)
        case nil where flags & ~0x2001 != 0: return (result.truth.and(.unlikely), .other)
        default: break
        }
        add(2, UInt16(packets.transport) == info.short(136) ? .yes : .no, .transport)
        add(4, address(packets.bits(1, 12, 4), info.part(0, 4), info.part(16, 4)), .peer)
        add(8, address(packets.bits(1, 16, 4), info.part(32, 4), info.part(48, 4)), .receiver)
        // The status NONE is a mask without bits, which no connection has.
        add(64, status == 0 ? .no : .unlikely, .state)
        add(0x1000, .yes, .state)  // the direction: original
        // Addresses of the reply, expiration and ports.
        if flags & 0x0FB0 != 0 { result = (result.truth.and(.unlikely), result.facets.union(.other)) }
        return result
    }

    /// True if an address is in a network.
    private func address(_ bits: Bits, _ address: [UInt8], _ mask: [UInt8]) -> Truth {
        bits.masked(mask, xor: [0, 0, 0, 0]).equals(address)
    }

    private func mark(_ mark: Bits, _ info: XtablesBytes) -> Condition {
        let truth = mark.masked(info.word(4).hostOrderBytes, xor: [0, 0, 0, 0]).equals(
            info.word(0).hostOrderBytes)
        return condition(info.byte(8) != 0, truth, mark.facets)
    }

    // MARK: Ports

    private func port(isSource: Bool) -> Bits { packets.bits(2, isSource ? 0 : 2, 2) }

    /// True if the source or destination port is in a range.
    private func isIn(_ low: UInt16, _ high: UInt16, isSource: Bool) -> Truth {
        if low == 0, high == UInt16.max { return .yes }
        func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
        return port(isSource: isSource).isWithin(bytes(low), bytes(high))
    }

    /// The properties of a condition on ports. One on listed ports (`ufw deny 1:65535/udp`) depends on the port, however many
    /// it lists.
    private func portFacets(_ truth: Truth, _ listed: [ClosedRange<Int>], _ isInverted: Bool) -> Facets {
        truth.forStranger && isInverted ? PortSet(listed).complement.facets : .port
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
            let facets = portFacets(truth, [Int(low)...Int(max(low, high))], isInverted)
            result = (result.truth.and(truth), result.facets.union(facets))
        }
        return result
    }

    private func udp(_ info: XtablesBytes) -> Condition {
        guard packets.transport == IPProtocol.udp else { return (.no, .transport) }
        return ports(info, info.byte(8))
    }

    private func tcp(_ info: XtablesBytes) -> Condition {
        guard packets.transport == IPProtocol.tcp else { return (.no, .transport) }
        // Byte 9 is the mask of the TCP flags, byte 10 their values. The packets have the flag SYN (2) only.
        let areFlagsEqual = 2 & info.byte(9) == info.byte(10)
        let areFlagsInverted = info.byte(11) & 4 != 0
        var result = ports(info, info.byte(11))
        if info.byte(9) != 0, areFlagsEqual == areFlagsInverted { result = (.no, .state) }
        // A TCP option.
        if info.byte(8) != 0 { result = (result.truth.and(.unlikely), .other) }
        return result
    }

    private func multiport(_ info: XtablesBytes, _ revision: UInt32) -> Condition {
        // The direction is source (0), destination (1) or either (2).
        let (direction, count) = (info.byte(0), min(Int(info.byte(1)), 15))
        var truth = Truth.no
        var listed: [ClosedRange<Int>] = []
        var position = 0
        while position < count {
            let low = info.short(2 + 2 * position)
            var high = low
            // A port with a flag begins a range, which the next port ends.
            if revision >= 1, info.byte(32 + position) != 0, position + 1 < count {
                position += 1
                high = info.short(2 + 2 * position)
            }
            listed.append(Int(low)...Int(max(low, high)))
            for isSource in [true, false] where direction == 2 || (direction == 0) == isSource {
                let found = isIn(low, high, isSource: isSource)
                // The condition holds if one of the ranges contains the port: keep the most certain result.
                if found == .yes || truth == .no || (found == .likely && truth == .unlikely) {
                    truth = truth == .yes ? .yes : found
                }
            }
            position += 1
        }
        let isInverted = revision >= 1 && info.byte(47) != 0
        let result = isInverted ? truth.inverted : truth
        return (result, portFacets(result, listed, isInverted))
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
            let holds = has(destination, isSource: false) != isDestinationInverted
            let isKnown = packets.direction == .input || packets.isGroup
            let truth: Truth = isKnown ? (holds ? .yes : .no) : holds ? .likely : .unlikely
            result = (truth, .receiver)
        }
        if source != 0 {
            let holds = has(source, isSource: true) != isSourceInverted
            let truth: Truth = holds ? .yes : .no
            result = (result.truth.and(truth), result.facets.union(.peer))
        }
        return result
    }

    private func iprange(_ info: XtablesBytes) -> Condition {
        let flags = info.byte(64)
        var result: Condition = (.yes, [])
        // `low` and `high` are the offsets of the first and the last address.
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
        // The flags are 1 for the user, 2 for the group and 4 for the existence of a socket.
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
        // The packet did not come through a bridge, so only inverted conditions hold.
        let (inverted, used) = (info.byte(64), info.byte(65))
        return (used & ~inverted == 0 ? .yes : .no, .interface)
    }

    private func devgroup(_ info: XtablesBytes, _ state: PacketState) -> Condition {
        let flags = info.word(0)
        var result: Condition = (.yes, .interface)
        // The interfaces in and out: flags, meta key (NFT_META_*) and offset of the group, which its mask follows.
        for (flag, inversion, key, offset) in [(1, 2, 21, 4), (4, 8, 22, 12)]
            as [(UInt32, UInt32, UInt32, Int)]
        where flags & flag != 0 {
            var truth = Truth.no
            if let group = meta(key, state) {
                truth = group.masked(info.word(offset + 4).hostOrderBytes, xor: [0, 0, 0, 0])
                    .equals(info.word(offset).hostOrderBytes)
            }
            result.truth = result.truth.and(flags & inversion != 0 ? truth.inverted : truth)
        }
        return result
    }

    // MARK: Targets

    /// Evaluates an xtables target; returns true when it ends the rule.
    func target(_ name: String, _ revision: UInt32, _ data: [UInt8], _ run: inout RuleEvaluation) -> Bool {
        let info = XtablesBytes(data)
        switch name {
        case "REJECT": run.meaning.ending = .reject
        case "DROP", "TARPIT", "DELUDE", "CHAOS": run.meaning.ending = .drop
        case "NFQUEUE", "QUEUE": run.meaning.ending = .queue
        case "MARK" where revision >= 2:
            let (mark, mask) = (info.word(0), info.word(4))
            run.state.mark = run.state.mark.masked((~mask).hostOrderBytes, xor: mark.hostOrderBytes)
            run.meaning.changes = true
            return false
        case "CONNMARK":
            connectionMark(info, revision, &run)
            return false
        case "NOTRACK":
            run.state.exemptFromTracking()
            run.meaning.changes = true
            return false
        case "CT":
            // XT_CT_NOTRACK and _NOTRACK_ALIAS. Other flags are about the zone.
            let (flags, zone) = (info.short(0), info.part(2, 2))
            if flags & 1 != 0 {
                run.state.exemptFromTracking()
            } else {
                let isPlain = flags & ~2 == 0
                run.state.enter(zone: isPlain ? Bits(known: zone, .other) : Bits(unknown: 2, .other))
            }
            run.meaning.changes = true
            return false
        case "DSCP", "TOS", "TTL", "HL", "ECN":
            run.state.isRewritten = true
            run.meaning.changes = true
            return false
        case "SET":
            run.meaning.addsToSet = true
            return false
        default:
            if RuleMeaning.targetsWithoutVerdict.contains(name) { return false }
            run.meaning.ending = .unknown
        }
        return true
    }

    /// Evaluates struct xt_connmark_tginfo1 and, from revision 2 on, 2. The modes are to set (0), to save (1) and to
    /// restore (2) the mark.
    private func connectionMark(_ info: XtablesBytes, _ revision: UInt32, _ run: inout RuleEvaluation) {
        run.meaning.changes = true
        guard let hasConnection = run.state.hasConnection else {
            (run.state.mark, run.state.connectionMark) = (Bits(unknown: 4, .other), Bits(unknown: 4, .other))
            return
        }
        if !hasConnection { return }
        let isShifted = revision >= 2 && info.byte(13) != 0
        let (mask, packetMask) = (info.word(4), info.word(8))
        func combined(_ old: Bits, without: UInt32, _ new: Bits, within: UInt32) -> Bits {
            guard !isShifted else { return Bits(unknown: 4, .mark) }
            let none = [UInt8](repeating: 0, count: 4)
            return old.masked((~without).hostOrderBytes, xor: none)
                .xor(new.masked(within.hostOrderBytes, xor: none))
        }
        switch revision >= 2 ? info.byte(14) : info.byte(12) {
        case 0:
            run.state.connectionMark = run.state.connectionMark.masked(
                (~mask).hostOrderBytes, xor: info.word(0).hostOrderBytes)
        case 1:
            run.state.connectionMark = combined(
                run.state.connectionMark, without: mask, run.state.mark, within: packetMask)
        default:
            run.state.mark = combined(
                run.state.mark, without: packetMask, run.state.connectionMark, within: mask)
        }
    }
}
