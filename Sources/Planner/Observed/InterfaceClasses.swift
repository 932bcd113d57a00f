// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The interfaces grouped by how the rules treat them: one class for all that no rule distinguishes.
struct InterfaceClasses {
    private var names: Set<[UInt8]> = []
    private var indices: Set<[UInt8]> = []
    /// The rules with conditions on addresses, which may be addresses of interfaces.
    private var addressRules: [Rule] = []
    private let index: RulesetIndex

    /// The maximum number of rules that are evaluated on the addresses of each interface.
    private static let mostAddressRules = 1_000

    init(_ index: RulesetIndex) {
        self.index = index
        for rules in index.rules.values {
            for rule in rules { note(rule, index) }
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
    var nameOthersThanLoopback: Bool { !named.isEmpty }

    /// One interface for each class. If none is in use yet: the interfaces that rules name, and nil for an
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
        /// The results of the conditions on addresses for this interface.
        var truths: [Truth]
    }

    private func key(of interface: Interface) -> Key {
        let name = Array(interface.name.utf8)
        let matching = names.filter { pattern in
            pattern.last == 0 ? pattern.prefix { $0 != 0 } == name[...] : name.starts(with: pattern)
        }
        return Key(
            names: matching, index: indices.contains(interface.index.hostOrder) ? interface.index : nil,
            group: interface.group, type: interface.type, kind: interface.kind, master: interface.master,
            truths: truths(on: interface))
    }

    private func truths(on interface: Interface) -> [Truth] {
        let evaluators = Direction.allCases.map { direction in
            let packets = PacketClass(.service(port: nil), direction, on: interface)
            return Evaluator(packets: packets, index: index)
        }
        return addressRules.flatMap { rule in
            evaluators.map { evaluator in
                var state = PacketState(hook: evaluator.packets.direction.hook)
                return evaluator.meaning(of: rule, &state).match
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

    private enum Loaded { case name, index, nothing }

    private mutating func note(_ rule: Rule, _ index: RulesetIndex) {
        var loaded = Loaded.nothing
        if addressRules.count < Self.mostAddressRules, rule.expressions.contains(where: Self.loadsAddress) {
            addressRules.append(rule)
        }
        for expression in rule.expressions {
            switch expression {
            case .meta(let key): loaded = Self.loaded(key.rawValue)
            case .instruction(.meta(let key, _)): loaded = Self.loaded(key)
            case .compare(_, let bytes), .instruction(.compare(_, _, let bytes)):
                note(bytes, loaded)
                loaded = .nothing
            case .lookup(let set, _), .instruction(.lookup(let set, _, _)), .verdictMap(let set),
                .instruction(.verdictMap(let set, _)), .instruction(.map(let set, _, _)):
                if loaded == .nothing { continue }
                for case let key? in index.contents(set, in: rule.chain.table)?.entries?.map(\.key) ?? [] {
                    note(Array(key.prefix(loaded == .name ? 16 : 4)), loaded)
                }
                loaded = .nothing
            case .payload, .instruction(.payload), .instruction(.connection), .instruction(.route):
                // Only the part of a concatenation that is loaded first is compared with names.
                break
            default: break
            }
        }
    }

    private static func loadsAddress(_ expression: Expression) -> Bool {
        switch expression {
        case .payload(.network, let offset, let length): offset < 20 && offset &+ length > 12
        case .instruction(.payload(1, let offset, let length, _)): offset < 20 && offset &+ length > 12
        case .match(let name, _, _): ["iprange", "conntrack"].contains(name)
        case .instruction(.connection(let key, _)): [8, 9, 19, 20].contains(key)
        default: false
        }
    }

    private mutating func note(_ bytes: [UInt8], _ loaded: Loaded) {
        switch loaded {
        case .name: names.insert(bytes.last == 0 ? bytes.prefix { $0 != 0 } + [0] : bytes)
        case .index: if bytes.count == 4 { indices.insert(bytes) }
        case .nothing: break
        }
    }

    private static func loaded(_ key: UInt32) -> Loaded {
        switch key {
        case 4, 5, 33: .index
        case 6, 7, 34: .name
        default: .nothing
        }
    }
}
