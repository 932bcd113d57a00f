// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The interfaces grouped by how the rules treat them: one class for all that no rule distinguishes.
struct InterfaceClasses {
    /// The names in rules, each with a 0 at its end; without it, the beginning of a name (`iifname "eth*"`).
    private var names: Set<[UInt8]> = []
    /// The interface indices in rules, in host byte order.
    private var indices: Set<[UInt8]> = []
    /// The rules with conditions on addresses, which may be addresses of interfaces.
    private var addressRules: [Rule] = []
    /// The expressions of ``addressRules``.
    private var addressConditions: Set<[Expression]> = []
    private let index: RulesetIndex

    /// The maximum number of rules that are evaluated on the addresses of each interface.
    private static let mostAddressRules = 1_000

    init(_ index: RulesetIndex) {
        self.index = index
        // In the order of the listing, because the number of rules that are evaluated is limited.
        for chain in index.ruleset.chains {
            for rule in index.rules[chain.name] ?? [] { note(rule, index) }
        }
        for base in index.ruleset.chains.compactMap(\.base) {
            for device in base.devices { names.insert(Array(device.utf8) + [0]) }
        }
    }

    /// Groups interfaces by the rules of the given chains only.
    init(_ index: RulesetIndex, in chains: Set<ChainName>) {
        self.index = index
        for (chain, rules) in index.rules where chains.contains(chain) {
            for rule in rules { note(rule, index) }
        }
    }

    /// True when rules name an interface other than loopback.
    var rulesNameInterfaces: Bool { !named.isEmpty }

    /// One interface for each class. While no interface is in use: the interfaces that rules name, and nil for an
    /// interface that no rule names.
    func classes(of interfaces: [Interface]) -> [Interface?] {
        if interfaces.isEmpty { return [nil] + named.map { $0 } }
        var seen: Set<Key> = []
        return interfaces.filter { seen.insert(key(of: $0)).inserted }
    }

    /// For each interface that ``classes(of:)`` returns, the names of all interfaces of its class.
    func members(of interfaces: [Interface]) -> [Interface: [String]] {
        var firsts: [Key: Interface] = [:]
        var members: [Interface: [String]] = [:]
        for interface in interfaces {
            let key = key(of: interface)
            // The interface that stands for its class.
            let first = firsts[key] ?? interface
            firsts[key] = first
            members[first, default: []].append(interface.name)
        }
        return members
    }

    /// The properties by which rules can distinguish interfaces; equal for interfaces of one class.
    private struct Key: Hashable {
        var names: Set<[UInt8]>
        var index: UInt32?
        var group: UInt32
        var type: UInt16
        var kind: String
        var master: String?
        /// The effects of the rules with conditions on addresses.
        var effects: [Effect]
    }

    /// The effect of a rule on packets of an interface: whether it matches, and its verdict.
    private struct Effect: Hashable {
        let match: Truth
        let ending: RuleMeaning.Ending
    }

    private func key(of interface: Interface) -> Key {
        let name = Array(interface.name.utf8)
        let matching = names.filter { pattern in
            pattern.last == 0 ? pattern.prefix { $0 != 0 } == name[...] : name.starts(with: pattern)
        }
        return Key(
            names: matching, index: indices.contains(interface.index.hostOrderBytes) ? interface.index : nil,
            group: interface.group, type: interface.type, kind: interface.kind, master: interface.master,
            effects: effects(on: interface))
    }

    /// For each rule with a condition on addresses, its effect on packets in and out by the interface, and on those from the
    /// network that the interface is attached to.
    private func effects(on interface: Interface) -> [Effect] {
        let kinds =
            Direction.allCases.map { PacketClass(.service(port: nil), $0, on: interface) }
            + [PacketClass(.discovery, .input, on: interface).from(.neighbour)]
        let evaluators = kinds.map { Evaluator(packets: $0, index: index) }
        return addressRules.flatMap { rule in
            evaluators.map { evaluator in
                var state = PacketState(hook: evaluator.packets.direction.hook)
                let meaning = evaluator.meaning(of: rule, &state)
                return Effect(match: meaning.match, ending: meaning.ending)
            }
        }
    }

    /// The interfaces that rules name, other than loopback; for a wildcard, an interface that matches it.
    var named: [Interface] {
        let named = names.map { pattern in
            let name = String(decoding: pattern.prefix { $0 != 0 }, as: UTF8.self)
            return pattern.last == 0 ? name : name + "0"
        }
        let loopback: UInt32 = 1
        let numbered = indices.map { UInt32(hostOrder: $0) }.filter { $0 != loopback }.sorted()
        return Set(named).filter { !$0.isEmpty && $0 != "lo" }.sorted().map { Interface(name: $0) }
            + numbered.map { Interface(name: "", index: $0) }
    }

    // MARK: Names in rules

    /// The property of an interface that a register holds.
    private enum Loaded { case name, index, nothing }

    /// Records the interfaces that a rule names, and the rule itself if it has a condition on addresses.
    private mutating func note(_ rule: Rule, _ index: RulesetIndex) {
        if addressRules.count < Self.mostAddressRules, rule.expressions.contains(where: Self.loadsAddress),
            // Condensed rules, of which there may be thousands, have the same few expressions.
            addressConditions.insert(rule.expressions).inserted
        {
            addressRules.append(rule)
        }
        // The registers that hold the name or index of an interface.
        var loads: [UInt8: Loaded] = [:]
        func keys(_ set: String) -> [[UInt8]] {
            index.contents(set, in: rule.chain.table)?.entries?.compactMap(\.key) ?? []
        }
        for expression in rule.expressions {
            switch expression {
            case .meta(let key): loads[0] = Self.loaded(key.rawValue)
            case .instruction(.meta(let key, let to)): loads[to] = Self.loaded(key)
            case .compare(_, let bytes): note([bytes], loads, from: 0)
            case .instruction(.compare(_, let from, let bytes)): note([bytes], loads, from: from)
            case .lookup(let set, _), .verdictMap(let set): note(keys(set), loads, from: 0)
            case .instruction(.lookup(let set, _, let from)), .instruction(.verdictMap(let set, let from)),
                .instruction(.map(let set, let from, _)):
                note(keys(set), loads, from: from)
            case .payload: loads[0] = nil
            case .instruction(.payload(_, _, _, let to)), .instruction(.connection(_, _, let to)),
                .instruction(.route(_, _, let to)):
                loads[to] = nil
            default: break
            }
        }
    }

    /// Records the names and indices in keys that are compared with the registers from `from` on.
    private mutating func note(_ keys: [[UInt8]], _ loads: [UInt8: Loaded], from: UInt8) {
        for (register, loaded) in loads where loaded != .nothing && register >= from {
            let length = loaded == .name ? 16 : 4
            for key in keys {
                let part = key.dropFirst(Int(register - from)).prefix(length)
                if !part.isEmpty { note(Array(part), loaded) }
            }
        }
    }

    /// True if the expression reads the source or destination address of packets: bytes 12 to 19 of the IPv4 header, or the
    /// addresses of the connection (NFT_CT_SRC, NFT_CT_DST, NFT_CT_SRC_IP, NFT_CT_DST_IP).
    private static func loadsAddress(_ expression: Expression) -> Bool {
        switch expression {
        case .payload(.network, let offset, let length): offset < 20 && offset &+ length > 12
        case .instruction(.payload(1, let offset, let length, _)): offset < 20 && offset &+ length > 12
        case .match(let name, _, _): ["iprange", "conntrack"].contains(name)
        case .instruction(.connection(let key, _, _)): [8, 9, 19, 20].contains(key)
        default: false
        }
    }

    /// Records one name or index.
    private mutating func note(_ bytes: [UInt8], _ loaded: Loaded) {
        switch loaded {
        case .name: names.insert(bytes.last == 0 ? bytes.prefix { $0 != 0 } + [0] : bytes)
        case .index: if bytes.count == 4 { indices.insert(bytes) }
        case .nothing: break
        }
    }

    /// The property that a meta key (NFT_META_*) loads.
    private static func loaded(_ key: UInt32) -> Loaded {
        switch key {
        case 4, 5, 33: .index  // iif, oif, sdif
        case 6, 7, 34: .name  // iifname, oifname, sdifname
        default: .nothing
        }
    }
}
