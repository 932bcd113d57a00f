// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Evaluator {
    private var isIncoming: Bool { packets.direction == .input }

    // MARK: meta

    /// The value of a packet property (NFT_META_*); nil where packets of the class do not have the property,
    /// so that the rule does not match.
    func meta(_ key: UInt32, _ state: PacketState) -> Bits? {
        switch key {
        case 0: Bits(assumed: UInt32(100).hostOrderBytes, .ordinary)  // length in bytes
        case 1: Bits(known: [0x08, 0x00], .family)  // protocol: ETH_P_IP
        case 2: Bits(assumed: [0, 0, 0, 0], .other)  // priority
        case 3: state.mark  // mark
        // Index, name, type, group and kind of an interface.
        case 4, 5, 6, 7, 8, 9, 21, 22, 26, 27, 33, 34: interfaceProperty(key, state)
        // skuid and skgid. At input, the kernel has found the only socket that is a member of a packet's group.
        case 10 where isIncoming, 11 where isIncoming:
            packets.isGroup && state.hook == .input ? Bits(unknown: 4, .other) : nil
        case 10: user
        case 11: Bits(unknown: 4, .user)
        case 15: Bits(known: [Family.ip.rawValue], .family)  // nfproto
        // l4proto
        case 16: Bits(known: [packets.transport], .transport)
        case 17, 18, 28, 29: nil  // properties of bridge ports
        // pkttype: PACKET_MULTICAST or PACKET_HOST
        case 19: Bits(known: [packets.isGroup && isIncoming ? 2 : 0], .receiver)
        // cgroup: its number is set by the administrator, as a mark is
        case 23 where !isIncoming: Bits(assumed: [0, 0, 0, 0], .mark)
        case 24: Bits(unknown: 4, .rate)  // random
        case 30: Bits(unknown: 8, .other)  // time
        case 31: Bits(unknown: 1, .other)  // day
        case 32: Bits(unknown: 4, .other)  // hour
        case 25: Bits(assumed: [0], .mark)  // secpath: IPsec applied to the packet
        default: Bits(unknown: 16, .other)
        }
    }

    /// The ID of the sending user.
    private var user: Bits {
        guard let user = packets.user else { return Bits(unknown: 4, .user) }
        return Bits(known: user.hostOrderBytes, .user)
    }

    /// The value of a property of an interface (`key`: NFT_META_*); nil where the kernel has none.
    private func interfaceProperty(_ key: UInt32, _ state: PacketState) -> Bits? {
        let isInput: Bool
        switch key {
        case 4, 6, 8, 21, 26: isInput = true  // iif, iifname, iiftype, iifgroup, iifkind
        case 5, 7, 9, 22, 27: isInput = false  // oif, oifname, oiftype, oifgroup, oifkind
        default: isInput = true
        }
        guard isInput == isIncoming else {
            // The packet has no interface on that side: the kernel reports an empty name and index 0, and
            // fails for type, group and kind.
            switch key {
            case 5, 4: return Bits(known: [0, 0, 0, 0], [])
            case 6, 7: return Bits(known: Array(repeating: 0, count: 16), [])
            default: return nil
            }
        }
        guard let interface = packets.interface else {
            // In bytes; names and kinds have 16.
            let length = [4: 4, 5: 4, 8: 2, 9: 2, 21: 4, 22: 4, 33: 4][key] ?? 16
            return Bits(unknown: length, .interface)
        }
        // At hook input, the VRF stands in place of its interface.
        let isAtMaster = state.hook == .input && interface.master != nil
        switch key {
        case 4, 5: return index(of: interface, isAtMaster)
        case 6, 7: return name(isAtMaster ? interface.master ?? "" : interface.name)
        case 8, 9: return Bits(known: interface.type.hostOrderBytes, .interface)
        case 21, 22: return Bits(known: interface.group.hostOrderBytes, .interface)
        case 26, 27: return interface.kind.isEmpty ? nil : name(interface.kind)
        case 33:  // sdif
            return interface.master == nil
                ? Bits(known: [0, 0, 0, 0], .interface) : index(of: interface, false)
        default: return name(interface.master == nil ? "" : interface.name)  // sdifname
        }
    }

    /// The index of an interface; unknown for its VRF.
    private func index(of interface: Interface, _ isAtMaster: Bool) -> Bits {
        guard interface.index != 0, !isAtMaster else { return Bits(unknown: 4, .interface) }
        return Bits(known: interface.index.hostOrderBytes, .interface)
    }

    /// A name or kind of an interface as the kernel stores it: 16 bytes with at least one 0 at the end.
    private func name(_ text: String) -> Bits {
        let bytes = Array(text.utf8.prefix(15))
        return Bits(known: bytes + Array(repeating: 0, count: 16 - bytes.count), .interface)
    }

    // MARK: ct

    /// NF_CT_STATE_BIT
    enum ConnectionState {
        static let invalid: UInt32 = 1
        static let new: UInt32 = 8
        static let untracked: UInt32 = 64
    }

    /// The state of a packet that no rule has exempted from connection tracking. The template of a zone has the state of a
    /// new connection.
    func stateOfTracked(_ state: PacketState) -> UInt32 {
        state.isBeforeTracking && state.zone == nil ? ConnectionState.invalid : ConnectionState.new
    }

    /// The property of the first packet of a connection (NFT_CT_*) that replies have as the property `replyKey`: a reply
    /// goes from its destination to its source.
    func keyOfOriginal(replyKey: UInt32) -> UInt32 {
        let swapped: [UInt32: UInt32] = [8: 9, 9: 8, 11: 12, 12: 11, 19: 20, 20: 19, 21: 22, 22: 21]
        return swapped[replyKey] ?? replyKey
    }

    /// The value of a property of the tracked connection (NFT_CT_*); nil where there is no connection.
    func connection(_ key: UInt32, _ state: PacketState) -> Bits? {
        if state.isTrackingUnknown, !state.isUntracked {
            return Bits(unknown: key == 0 ? 4 : 16, .other)
        }
        if state.isBeforeTracking, state.zone != nil, !state.isUntracked, key != 0, key != 17 {
            return Bits(unknown: 16, .other)  // a property of the zone's connection template
        }
        if key == 0 {  // state
            let bit = state.isUntracked ? ConnectionState.untracked : stateOfTracked(state)
            return Bits(known: bit.hostOrderBytes, .state)
        }
        if state.isUntracked { return nil }
        // zone
        if key == 17, let zone = state.zone { return zone }
        if state.isBeforeTracking { return nil }
        switch key {
        case 1: return Bits(known: [0], .state)  // direction
        case 2: return Bits(assumed: [0, 0, 0, 0], .state)  // status
        case 3: return state.connectionMark  // mark
        case 4, 18: return Bits(assumed: [0, 0, 0, 0], .other)  // security mark, events
        case 5: return Bits(assumed: [0, 0, 0, 0], .ordinary)  // expiration
        case 6: return nil  // the helper of the connection that expected this one
        case 7: return Bits(known: [Family.ip.rawValue], .family)  // protocol of the network layer
        case 8, 19: return packets.bits(1, 12, 4)  // source address
        case 9, 20: return packets.bits(1, 16, 4)  // destination address
        case 10:  // protocol of the transport layer
            return Bits(known: [packets.transport], .transport)
        case 11: return packets.bits(2, 0, 2)  // source port
        case 12: return packets.bits(2, 2, 2)  // destination port
        case 13: return state.connectionLabels
        // If accounting is on, the counts of packets and bytes, and bytes per packet: those of the first packet.
        case 14: return Bits(assumed: UInt64(1).hostOrderBytes, .ordinary)
        case 15, 16: return Bits(assumed: UInt64(100).hostOrderBytes, .ordinary)
        case 17: return Bits(assumed: [0, 0], .other)  // zone
        case 21, 22: return nil  // IPv6 addresses
        default: return Bits(unknown: 16, .other)
        }
    }

    // MARK: Others

    /// Loads a property of which only the name of the expression was read.
    func load(_ name: String, to register: UInt8, _ run: inout RuleEvaluation) {
        let isUDP = packets.transport == IPProtocol.udp
        switch name {
        // No packet of a class has an IPv6 extension header or IPv4 options. UDP has no TCP options.
        case "exthdr exists", "ip option": run.require(.no, .ordinary)
        case "ip option exists": run.registers.put(Bits(known: [0], .ordinary), at: register)
        // A choice at random, in turn, or by a hash of the packet.
        case "numgen", "hash":
            var sample = Bits(unknown: 4, .rate)
            sample.isReduced = true  // by its modulus, which was not read
            run.registers.put(sample, at: register)
        case "tcp option" where isUDP: run.require(.no, .transport)
        case "tcp option exists" where isUDP: run.registers.put(Bits(known: [0], .transport), at: register)
        case "rt ipsec" where run.state.hook != .prerouting && run.state.hook != .ingress:
            run.registers.put(Bits(assumed: [0], .mark), at: register)
        case "socket transparent":
            // The socket, if there is one, is assumed not to be that of a transparent proxy.
            run.require(.unlikely, .other)
            run.registers.put(Bits(known: [0], .other), at: register)
        default: run.registers.put(Bits(unknown: 16, .other), at: register)
        }
    }

    // MARK: fib

    /// RTN_*
    enum RouteType {
        static let unicast: UInt32 = 1
        static let local: UInt32 = 2
        static let multicast: UInt32 = 5
    }

    /// The result of a routing table lookup (`result`: NFT_FIB_RESULT_*, `flags`: NFTA_FIB_F_*).
    func route(_ result: UInt32, _ flags: UInt32, _ state: PacketState) -> Bits {
        let isSource = flags & 1 != 0  // NFTA_FIB_F_SADDR
        let (outputName, type): (UInt32, UInt32) = (2, 3)  // NFT_FIB_RESULT_OIFNAME, _ADDRTYPE
        if result == type {
            let bytes = addressType(isSource: isSource).hostOrderBytes
            // The source of an incoming packet is a remote host: the kernel drops other sources before.
            if isSource { return Bits(known: bytes, isIncoming ? .peer : .receiver) }
            return isIncoming || packets.isGroup
                ? Bits(known: bytes, .receiver) : Bits(assumed: bytes, .receiver)
        }
        guard isSource, isIncoming else { return Bits(unknown: result == outputName ? 16 : 4, .other) }
        // Assumed of a stranger: there is a route back to its address by the interface the packet came in on.
        if flags & 32 != 0 { return Bits(assumed: [1], .route) }  // NFTA_FIB_F_PRESENT
        if result == outputName {
            guard let interface = packets.interface else { return Bits(unknown: 16, .route) }
            let bits = name(interface.name)
            return Bits(assumed: bits.bytes, .route)
        }
        guard let interface = packets.interface, interface.index != 0 else { return Bits(unknown: 4, .route) }
        return Bits(assumed: interface.index.hostOrderBytes, .route)
    }

    /// The type (RTN_*) of the packet's source or destination address.
    func addressType(isSource: Bool) -> UInt32 {
        if isSource { return isIncoming ? RouteType.unicast : RouteType.local }
        if packets.isGroup { return RouteType.multicast }
        return isIncoming ? RouteType.local : RouteType.unicast
    }
}
