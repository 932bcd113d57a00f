// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// Recognises kill switches: chains that let new connections pass by a tunnel only.
///
/// Such a chain denies everything by default on the interfaces in use, and selects what it accepts there by
/// a mark, by a single host or by the sending user, never by a port alone. If it lets a tunnel or marked packets out, it
/// may also let out interfaces as a whole, those of a gateway's own networks, and the ports by which the tunnel is built, but
/// none of usual services.
struct KillSwitchSearch {
    let index: RulesetIndex
    /// The interfaces in use that are no tunnels; nil, an unknown interface, when there are none.
    private let interfaces: [Interface?]
    /// The interfaces in use that are tunnels.
    private let tunnelsInUse: [Interface]
    /// The networks of all unicast addresses except those by which packets stay on this host or its links.
    private let remoteNetworks: [IPv4Network]
    private let clientUser: UInt32?

    init(_ index: RulesetIndex, _ interfaces: [Interface], clientUser: UInt32?) {
        self.index = index
        self.clientUser = clientUser
        tunnelsInUse = interfaces.filter(\.isTunnel)
        let physical = interfaces.filter { !$0.isTunnel }
        self.interfaces = physical.isEmpty ? [nil] : physical
        let own = interfaces.flatMap(\.addresses) + interfaces.flatMap(\.networks).map(\.broadcast)
        let local = Self.localNetworks + own.map { IPv4Network($0, prefixLength: 32) }
        remoteNetworks = Self.unicastNetworks.flatMap { $0.without(local) }
    }

    /// The base chains of a table that form a kill switch: at output, and those at input of the same form.
    func chains(of table: TableName) -> [ChainName] {
        let types = ["filter", "route"]
        let bases = index.ruleset.chains.filter { chain in
            chain.name.table == table && chain.base.map { types.contains($0.type) } ?? false
        }
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
    /// chain accepts all packets out by a tunnel, or by interfaces that it does not name, other interfaces by which it also
    /// accepts all packets are left out.
    private func uplinks(of base: Chain) -> [Interface?] {
        guard interfaces.count > 1, index.rules[base.name] != nil else { return interfaces }
        let others = interfaces.filter { !letsOut($0, base) }
        guard others.count < interfaces.count,
            letsTunnelOut(base) || letsOut(Self.tunnel(Self.unnamed), base, Self.allPorts)
        else { return interfaces }
        // The packets of the tunnel itself leave by one of them.
        let uplinks = others.filter { acceptsSome(base, on: $0) }
        return uplinks.isEmpty ? interfaces : uplinks
    }

    /// True if a chain at output accepts some new connections by an interface, whatever their host, port or mark.
    private func acceptsSome(_ base: Chain, on interface: Interface?) -> Bool {
        Self.allPorts.contains { kind in
            let packets = PacketClass(kind, .output, on: interface)
            return accepts(packets, in: base, .withAnyMark, within: .all)
        }
    }

    /// True if a chain lets all new connections out by a tunnel.
    private func letsTunnelOut(_ base: Chain) -> Bool {
        tunnels(of: base).contains { letsOut($0, base, Self.allPorts) }
    }

    /// The tunnels in use, and the interfaces not in use that a chain, and those that it leads to, name. The latter count
    /// as tunnels, also when they are absent, unless they have a usual name of a network adapter or bridge.
    private func tunnels(of base: Chain) -> [Interface] {
        let named = InterfaceClasses(index, in: index.chains(reachedFrom: [base.name])).named
        let inUse = interfaces.compactMap { $0 } + tunnelsInUse
        let (names, indices) = (inUse.map(\.name), inUse.map(\.index))
        let others = named.filter { interface in
            !names.contains(interface.name) && (interface.index == 0 || !indices.contains(interface.index))
                && !isNameOfAdapter(interface.name)
        }
        return tunnelsInUse + others.map { Self.tunnel($0.name, index: $0.index) }
    }

    /// True for a usual name of a network adapter or bridge. Names of tunnels, too, may begin with "br-".
    private func isNameOfAdapter(_ name: String) -> Bool {
        if Self.namesOfAdapters.contains(where: name.hasPrefix) { return true }
        guard name.hasPrefix("br") else { return false }
        let rest = name.dropFirst(2)
        // Docker names the bridge of a network by the first 12 digits of its ID, and OpenWrt that of its own "br-lan".
        let isOfDocker = rest.count == 13 && rest.first == "-" && rest.dropFirst().allSatisfy(\.isHexDigit)
        return rest.allSatisfy(\.isNumber) || rest.hasPrefix("-lan") || isOfDocker
    }

    /// The beginnings of the names that Linux, systemd and programs for containers and virtual machines give to network
    /// adapters and bridges.
    private static let namesOfAdapters = [
        "eth", "eno", "ens", "enp", "enP", "enx", "end", "wlan", "wlp", "wlx", "wlo", "wwan", "usb", "bond",
        "team",
        "vlan", "lan", "wan", "docker", "podman", "cni", "veth", "virbr", "vmbr", "vnet", "lxc", "lxd",
        "incus", "vmnet",
        "vboxnet",
    ]

    /// A tunnel. If no rule names its index (`index` is 0), it gets an index that no rule names.
    private static func tunnel(_ name: String, index: UInt32 = 0) -> Interface {
        Interface(name: name, index: index == 0 ? UInt32(Int32.max) : index, type: tunnelType, kind: "tun")
    }

    /// ARPHRD_NONE, the hardware type of tun devices.
    private static let tunnelType: UInt16 = 65534

    /// True if a chain lets all new connections of these kinds out, or in, by an interface.
    private func letsOut(
        _ interface: Interface?, _ base: Chain, _ kinds: [PacketClass.Kind] = [.anyProtocol] + allPorts,
        _ direction: Direction = .output
    ) -> Bool {
        kinds.allSatisfy { kind in
            let packets = PacketClass(kind, direction, on: interface)
            let evaluator = Evaluator(packets: packets, index: index)
            return Walk(evaluator, through: base, PacketState(hook: direction.hook)).isAccepted
        }
    }

    /// True if a chain at output accepts what it accepts by one way out: an interface that is not in use, a mark, or a
    /// host to which every user may send. A chain that does not select a way out is an ordinary strict firewall
    /// (`ufw default deny outgoing`) before anything is allowed, or a hardened server on which only some users may send.
    private func selectsWayOut(_ base: Chain) -> Bool {
        let tunnels = tunnels(of: base)
        if tunnels.contains(where: { letsOut($0, base) || acceptsPorts(Self.allPorts, base, .output, on: $0) }
        ) {
            return true
        }
        if selectsMark(base) || selectsUser(base) { return true }
        // Rules for one port of a host, such as that of a resolver, select no way out where users may send to every host.
        let ofUsers: Facets = acceptsFromUsers(base) ? [.user, .port] : .user
        return interfaces.contains { interface in
            Self.allPorts.contains { kind in
                Self.unicastNetworks.contains { network in
                    let packets = PacketClass(
                        kind, .output, on: interface, peer: Bits(known: network, .peer))
                    return selects(by: .peer, besides: ofUsers, base, packets)
                }
            }
        }
    }

    private static let loopback = IPv4Network(IPv4Address(127, 0, 0, 0), prefixLength: 8)
    /// All unicast addresses but those of loopback.
    private static let unicastNetworks = IPv4Network.unicast.flatMap { $0.without([loopback]) }

    /// "This" network, loopback and link-local addresses (RFC 6890).
    private static let localNetworks: [IPv4Network] = [
        IPv4Network(IPv4Address(0, 0, 0, 0), prefixLength: 8), loopback,
        IPv4Network(IPv4Address(169, 254, 0, 0), prefixLength: 16),
    ]

    private func selects(
        by facet: Facets, besides excluded: Facets, _ base: Chain, _ packets: PacketClass
    ) -> Bool {
        // Found only if the chain selects packets by a mark at all.
        lazy var ownMarks = marksSet(in: base.name.table)
        var search = WayOutSearch(Evaluator(packets: packets, index: index), facet, excluded) {
            rule, evaluator in
            isOnlyForDHCP(rule, evaluator) || facet == .peer && isOnlyLocal(rule, evaluator)
                || facet == .mark && ownMarks.contains { selects(rule, $0, evaluator) }
        }
        return search.findsWay(in: base.name)
    }

    /// True if the rule is only about packets that stay on this host or its links.
    private func isOnlyLocal(_ rule: Rule, _ evaluator: Evaluator) -> Bool {
        remoteNetworks.allSatisfy { network in
            let packets = PacketClass(
                evaluator.packets.kind, .output, on: evaluator.packets.interface,
                peer: Bits(known: network, .peer))
            var state = PacketState.withAnyMark
            return Evaluator(packets: packets, index: index).meaning(of: rule, &state).match == .no
        }
    }

    /// True if a chain selects packets by a mark.
    private func selectsMark(_ base: Chain) -> Bool {
        interfaces.contains { interface in
            Self.allPorts.contains { kind in
                selects(by: .mark, besides: [], base, PacketClass(kind, .output, on: interface))
            }
        }
    }

    /// True if a service's user may send to every host and port, and neither root nor an ordinary user may send anything: the
    /// user of a program that carries the packets of all others, as Tor does.
    private func selectsUser(_ base: Chain) -> Bool {
        func maySend(_ user: UInt32?, to peer: Bits, within permitted: Facets) -> Bool {
            interfaces.contains { interface in
                Self.allPorts.contains { kind in
                    let packets = PacketClass(kind, .output, on: interface, user: user, peer: peer)
                    return accepts(packets, in: base, within: permitted)
                }
            }
        }
        let someUser = Self.portLimits.subtracting(.port).union(.user)
        guard maySend(nil, to: Bits(unknown: 4, .peer), within: someUser) else { return false }
        let (root, firstOrdinary): (UInt32, UInt32) = (0, 1000)
        return ![root, firstOrdinary, clientUser].compactMap { $0 }.contains { user in
            remoteNetworks.contains { maySend(user, to: Bits(known: $0, .peer), within: .all) }
        }
    }

    /// True if some users of this host may send to any host.
    private func acceptsFromUsers(_ base: Chain) -> Bool {
        interfaces.contains { interface in
            let packets = PacketClass(.tcp, .output, on: interface)
            return accepts(packets, in: base, within: Self.portLimits.union(.user))
        }
    }

    /// True if a chain lets packets out by an interface named as Teredo's tunnel but not by other
    /// tunnels: then it was written for a host with Teredo.
    private func expectsTeredo(_ base: Chain) -> Bool {
        func outcome(on name: String) -> Walk.Outcome {
            let packets = PacketClass(.anyProtocol, .output, on: Self.tunnel(name))
            let evaluator = Evaluator(packets: packets, index: index)
            return Walk(evaluator, through: base, PacketState(hook: .output)).outcome
        }
        return outcome(on: Self.teredo) == .accepted && outcome(on: Self.unnamed) != .accepted
    }

    /// The name of a tunnel that no rule names.
    private static let unnamed = "another-tunnel"

    /// The default name of Miredo's interface.
    private static let teredo = "teredo"

    /// True if a chain denies new connections by default on all of these interfaces, and accepts none by a port alone; if it
    /// lets a tunnel or marked packets out, none of usual services.
    private func blocksNewConnections(
        _ base: Chain, _ direction: Direction, on interfaces: [Interface?]
    ) -> Bool {
        guard deniesByDefault(base, direction, on: interfaces) else { return false }
        let kinds =
            direction == .output && (letsTunnelOut(base) || selectsMark(base))
            ? PacketClass.Kind.services : Self.allPorts
        return !interfaces.contains { acceptsPorts(kinds, base, direction, on: $0) }
    }

    /// True if a chain denies new connections by default on all of these interfaces.
    private func deniesByDefault(_ base: Chain, _ direction: Direction, on interfaces: [Interface?]) -> Bool {
        guard index.rules[base.name] != nil else { return false }
        return interfaces.allSatisfy { interface in
            let packets = PacketClass(.anyProtocol, direction, on: interface)
            let evaluator = Evaluator(packets: packets, index: index)
            return Walk(evaluator, through: base, PacketState(hook: direction.hook)).outcome == .denied
        }
    }

    /// True if a chain accepts new connections of one of these kinds by a port alone.
    private func acceptsPorts(
        _ kinds: [PacketClass.Kind], _ base: Chain, _ direction: Direction, on interface: Interface?
    ) -> Bool {
        kinds.contains { kind in
            accepts(PacketClass(kind, direction, on: interface), in: base, within: Self.portLimits)
        }
            // A rule may also return the packets to a policy that accepts them.
            || base.base?.policy == .accept
                && PacketClass.Kind.services.contains { letsOut(interface, base, [$0], direction) }
    }

    private static let allPorts: [PacketClass.Kind] = [.tcp, .service(port: nil)]

    /// The properties on which a rule that opens a port to every host may depend.
    private static let portLimits: Facets = [.port, .rate, .ordinary, .transport, .family]

    /// True if a rule of a base chain, or of a chain that it leads to, accepts packets to or from any host: the conditions
    /// that a stranger's packet does not fulfil depend on `permitted` properties only. `state` is that of packets that
    /// enter the chain; by default, no rule has changed it.
    private func accepts(
        _ packets: PacketClass, in base: Chain, _ state: PacketState? = nil, within permitted: Facets
    ) -> Bool {
        var known: [Visit: Walk.ChainOutcome] = [:]
        let first = Visit(
            chain: base.name, state: state ?? PacketState(hook: packets.direction.hook), limits: [])
        let evaluator = Evaluator(packets: packets, index: index)
        return reach(first, evaluator, within: permitted, depth: 0, &known) == .accepted
    }

    /// A visit of a chain; its packets have the outcome of earlier ones with the same properties.
    private struct Visit: Hashable {
        let chain: ChainName
        let state: PacketState
        /// The properties in the conditions of the jumps to the chain that a stranger's packet does not fulfil.
        let limits: Facets
    }

    /// The outcome for the packets of a visit, with rules as in ``accepts(_:in:_:within:)``. `known` has the outcomes of
    /// earlier visits.
    private func reach(
        _ visit: Visit, _ evaluator: Evaluator, within permitted: Facets, depth: Int,
        _ known: inout [Visit: Walk.ChainOutcome]
    ) -> Walk.ChainOutcome {
        if let outcome = known[visit] { return outcome }
        let outcome = findOutcome(of: visit, evaluator, within: permitted, depth: depth, &known)
        known[visit] = outcome
        return outcome
    }

    private func findOutcome(
        of visit: Visit, _ evaluator: Evaluator, within permitted: Facets, depth: Int,
        _ known: inout [Visit: Walk.ChainOutcome]
    ) -> Walk.ChainOutcome {
        guard depth < Chain.deepestNesting else { return .returns }
        let (chain, state, limits) = (visit.chain, visit.state, visit.limits)
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
                    let visit = Visit(chain: next, state: state, limits: limits)
                    return self.reach(visit, evaluator, within: permitted, depth: depth + 1, &known)
                case .queue: return .accepted
                case .drop, .reject: return .ended
                case .none, .return, .unknown: return .returns
                }
            }
            if meaning.isOfOtherProtocol { continue }
            // An element of a verdict map for some packets of the class counts like a rule for them.
            let others = limits.union(meaning.branchFacets)
            if meaning.branchesOfOthers.contains(where: { reach($0, others) == .accepted }) {
                return .accepted
            }
            if meaning.match == .no { continue }
            if meaning.passed.contains(.user), !permitted.contains(.user) {
                // The rules behind such a denial or return are about some users only.
                if meaning.ending.denies { return mayReturn ? .returns : .ended }
                if meaning.ending == .return { return .returns }
                continue
            }
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
            var state = PacketState.withAnyMark
            return Evaluator(packets: probe, index: index).meaning(of: rule, &state).match
        }
        guard packets.transport == IPProtocol.udp, match(67) != .no || match(68) != .no else { return false }
        // A sample of the ports that other rules open.
        let others: [UInt16] = [
            1, 22, 53, 66, 69, 80, 123, 137, 443, 500, 631, 1023, 1194, 1900, 3544, 4500, 5353, 5355, 8080,
            32_768, 51_820,
            65_535,
        ]
        return others.allSatisfy { match($0) == .no }
    }
}
