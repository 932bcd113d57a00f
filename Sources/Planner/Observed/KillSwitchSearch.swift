// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Recognises kill switches: chains that let new connections pass by a tunnel only.
///
/// Such a chain denies everything by default on the interfaces in use, and selects what it accepts there by
/// a mark, by a single host or by the sending user, never by a port alone. If it lets a tunnel out, it may
/// also let out interfaces as a whole: those of a gateway's own networks.
struct KillSwitchSearch {
    let index: RulesetIndex
    /// The interfaces in use that are no tunnels; nil, an unknown interface, when there are none.
    private let interfaces: [Interface?]

    init(_ index: RulesetIndex, _ interfaces: [Interface]) {
        self.index = index
        let physical = interfaces.filter { !$0.isTunnel }
        self.interfaces = physical.isEmpty ? [nil] : physical
    }

    /// The base chains of a table that form a kill switch: at output, and those at input of the same form.
    func chains(of table: TableName) -> [ChainName] {
        let bases = index.ruleset.chains.filter { $0.name.table == table && $0.base?.type == "filter" }
        var blocked: [Interface?] = []
        let output = bases.filter { base in
            guard base.base?.hook == .output else { return false }
            let found = uplinks(of: base)
            guard blocksNewConnections(base, .output, on: found) else { return false }
            blocked += found
            return true
        }
        guard !output.isEmpty, output.contains(where: selectsWayOut),
            !output.contains(where: expectsTeredo)
        else { return [] }
        let input = bases.filter { $0.base?.hook == .input && blocksNewConnections($0, .input, on: blocked) }
        return (output + input).map(\.name)
    }

    /// The interfaces on which a chain at output has to block new connections to be a kill switch: all in use. If the
    /// chain accepts all packets out by a tunnel, other interfaces by which it also accepts all packets are left out.
    private func uplinks(of base: Chain) -> [Interface?] {
        guard interfaces.count > 1, index.rules[base.name] != nil else { return interfaces }
        let others = interfaces.filter { !letsOut($0, base) }
        if others.isEmpty || others.count == interfaces.count { return interfaces }
        let named = InterfaceClasses(index, in: index.chains(reachedFrom: [base.name])).named
        let names = interfaces.map { $0?.name }
        let letsTunnelOut = named.contains { interface in
            let tunnel = Interface(name: interface.name, index: interface.index, type: 65534, kind: "tun")
            return !names.contains(interface.name) && letsOut(tunnel, base)
        }
        return letsTunnelOut ? others : interfaces
    }

    /// True if a chain lets all new connections out by an interface.
    private func letsOut(_ interface: Interface?, _ base: Chain) -> Bool {
        [PacketClass.Kind.anyProtocol, .tcp, .service(port: nil)].allSatisfy { kind in
            let packets = PacketClass(kind, .output, on: interface)
            let evaluator = Evaluator(packets: packets, index: index)
            return Walk(evaluator, through: base, PacketState(hook: .output)).isAccepted
        }
    }

    /// True if a chain at output distinguishes one way out from others: an interface besides loopback,
    /// a mark, or a host, unless users of this host may send to every host besides. A chain that does not distinguish a
    /// way out is an ordinary strict firewall (`ufw default deny outgoing`) before anything is allowed, or a hardened
    /// server on which only some users may send.
    private func selectsWayOut(_ base: Chain) -> Bool {
        let chains = index.chains(reachedFrom: [base.name])
        if InterfaceClasses(index, in: chains).rulesNameInterfaces { return true }
        let rules = chains.flatMap { index.rules[$0] ?? [] }
        if rules.contains(where: { $0.expressions.contains(where: Self.readsMark) }) { return true }
        return rules.contains { $0.expressions.contains(where: Self.readsDestination) }
            && !acceptsFromUsers(base)
    }

    private static func readsMark(_ expression: Expression) -> Bool {
        // NFT_META_MARK and NFT_CT_MARK are both 3, NFT_META_CGROUP is 23.
        let (mark, cgroup): (UInt32, UInt32) = (3, 23)
        switch expression {
        case .instruction(.connection(mark, _, _)): return true
        case .instruction(.meta(let key, _)): return key == mark || key == cgroup
        case .match(let name, _, _): return ["mark", "connmark", "cgroup"].contains(name)
        default: return false
        }
    }

    private static func readsDestination(_ expression: Expression) -> Bool {
        switch expression {
        // The destination address is at byte 16 of the IPv4 header.
        case .payload(.network, let offset, _): offset == 16
        case .instruction(.payload(let base, let offset, _, _)): base == 1 && offset == 16
        case .match(let name, _, _): name == "set"
        default: false
        }
    }

    /// True if some users of this host may send to any host.
    private func acceptsFromUsers(_ base: Chain) -> Bool {
        interfaces.contains { interface in
            let packets = PacketClass(.tcp, .output, on: interface)
            return accepts(
                base.name, Evaluator(packets: packets, index: index), PacketState(hook: .output), [],
                within: Self.portLimits.union(.user), depth: 0)
        }
    }

    /// True if a chain lets packets out by an interface named as Teredo's tunnel but not by other
    /// tunnels: then it was written for a host with Teredo.
    private func expectsTeredo(_ base: Chain) -> Bool {
        func outcome(on name: String) -> Walk.Outcome {
            // 65534 is ARPHRD_NONE, the hardware type of tun devices.
            let tunnel = Interface(name: name, type: 65534, kind: "tun")
            let packets = PacketClass(.anyProtocol, .output, on: tunnel)
            let evaluator = Evaluator(packets: packets, index: index)
            return Walk(evaluator, through: base, PacketState(hook: .output)).outcome
        }
        return outcome(on: Self.teredo) == .accepted && outcome(on: "another-tunnel") != .accepted
    }

    /// The default name of Miredo's interface.
    private static let teredo = "teredo"

    /// True if a chain denies new connections by default on all of these interfaces, and accepts none by a port alone.
    private func blocksNewConnections(
        _ base: Chain, _ direction: Direction, on interfaces: [Interface?]
    ) -> Bool {
        guard index.rules[base.name] != nil else { return false }
        return interfaces.allSatisfy { interface in
            func evaluator(_ kind: PacketClass.Kind) -> Evaluator {
                Evaluator(packets: PacketClass(kind, direction, on: interface), index: index)
            }
            let state = PacketState(hook: base.base?.hook ?? .output)
            let walk = Walk(evaluator(.anyProtocol), through: base, state)
            guard walk.outcome == .denied else { return false }
            return ![PacketClass.Kind.tcp, .service(port: nil)].contains { kind in
                accepts(base.name, evaluator(kind), state, [], within: Self.portLimits, depth: 0)
            }
        }
    }

    /// The properties on which a rule that opens a port to every host may depend.
    private static let portLimits: Facets = [.port, .rate, .ordinary, .transport, .family]

    /// True if a rule of the chain, or of a chain that it leads to, accepts packets to or from any host: the conditions
    /// that a stranger's packet does not fulfil depend on `permitted` properties only. `limits` are the properties in
    /// such conditions of the jumps to the chain.
    private func accepts(
        _ chain: ChainName, _ evaluator: Evaluator, _ state: PacketState, _ limits: Facets,
        within permitted: Facets, depth: Int
    ) -> Bool {
        reach(chain, evaluator, state, limits, within: permitted, depth: depth) == .accepted
    }

    /// The outcome for packets in a chain; see ``accepts(_:_:_:_:within:depth:)`` for the parameters.
    private func reach(
        _ chain: ChainName, _ evaluator: Evaluator, _ state: PacketState, _ limits: Facets,
        within permitted: Facets, depth: Int
    ) -> Walk.ChainOutcome {
        guard depth < Walk.deepest else { return .returns }
        var mayReturn = false
        for rule in index.rules[chain] ?? [] {
            var state = state
            let meaning = evaluator.meaning(of: rule, &state)
            let limits = limits.union(meaning.failed)
            func reach(_ ending: RuleMeaning.Ending, _ limits: Facets) -> Walk.ChainOutcome {
                guard limits.isSubset(of: permitted) else { return .returns }
                switch ending {
                case .accept: return isOnlyForDHCP(rule, evaluator) ? .returns : .accepted
                case .jump(let target), .goto(let target):
                    if isOnlyForDHCP(rule, evaluator) { return .returns }
                    let next = ChainName(chain.table, target)
                    return self.reach(next, evaluator, state, limits, within: permitted, depth: depth + 1)
                case .queue: return .accepted
                case .drop, .reject: return .ended
                case .none, .return, .unknown: return .returns
                }
            }
            if meaning.isOfOtherProtocol { continue }
            // An element of a verdict map for other packets counts like a rule for them.
            let others = limits.union(meaning.branchFacets)
            if meaning.branches.contains(where: { reach($0, others) == .accepted }) { return .accepted }
            guard meaning.match != .no, permitted.contains(.user) || !meaning.passed.contains(.user)
            else { continue }
            if meaning.ending == .return {
                if meaning.match == .yes { return .returns }
                mayReturn = true
            }
            let result = reach(meaning.ending, limits)
            if result == .accepted { return .accepted }
            guard meaning.match == .yes else { continue }
            if result == .ended { return mayReturn ? .returns : .ended }
            if case .goto = meaning.ending { return .returns }
        }
        return .returns
    }

    /// True if the rule is only about the ports of DHCP (67, 68), by which the host gets its address.
    private func isOnlyForDHCP(_ rule: Rule, _ evaluator: Evaluator) -> Bool {
        let packets = evaluator.packets
        func match(_ port: UInt16) -> Truth {
            let probe = PacketClass(.toPort(port), packets.direction, on: packets.interface)
            var state = PacketState(hook: .output)
            return Evaluator(packets: probe, index: index).meaning(of: rule, &state).match
        }
        guard packets.transport == 17, match(67) != .no || match(68) != .no else { return false }
        // A sample of the ports that other rules open.
        let others: [UInt16] = [
            1, 22, 53, 66, 69, 80, 123, 137, 443, 500, 631, 1023, 1194, 1900, 3544, 4500, 5353, 5355, 8080,
            32_768, 51_820,
            65_535,
        ]
        return others.allSatisfy { match($0) == .no }
    }
}
