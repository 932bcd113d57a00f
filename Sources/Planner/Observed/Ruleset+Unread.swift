// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Ruleset {
    /// The chains whose rules planning needs and that were not read yet. Reading them may bring up further
    /// ones: the ruleset is complete when there is none left.
    public var unreadChains: [ChainName] {
        let known = Dictionary(chains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var needed: Set<ChainName> = []
        for chain in chains where chain.isNeeded { needed.insert(chain.name) }
        for (chain, rules) in rules {
            for case let target? in rules.map(\.target) {
                needed.insert(ChainName(chain.table, target))
            }
        }
        for (map, verdicts) in verdicts {
            for target in verdicts.compactMap(\.target) { needed.insert(ChainName(map.table, target)) }
        }
        for table in tablesWithHiddenJumps {
            needed.formUnion(chains.map(\.name).filter { $0.table == table })
        }
        return chains.map(\.name).filter { needed.contains($0) && rules[$0] == nil && known[$0] != nil }
    }

    /// The maps by which rules send packets of different interfaces different ways, and that were not read yet. Only
    /// those without a name, which belong to one rule: what a named one says may be about other chains as well.
    public var unreadMaps: [SetName] {
        let named = Set(sets.map(\.name))
        return rules.values.joined().compactMap(\.interfaceMap).filter {
            verdicts[$0] == nil && !named.contains($0)
        }
    }

    /// The sets whose elements planning needs.
    public var setsOfOurs: [SetName] {
        sets.filter(\.isOurs).map(\.name)
    }

    /// Tables in which a chain of ours is jumped to from more rules than were found.
    private var tablesWithHiddenJumps: Set<TableName> {
        var tables: Set<TableName> = []
        for chain in chains where chain.hasNameOfOurs && chain.name.table != .teredowall {
            // How an anchor is entered is the administrator's business, unless there is no telling it apart.
            guard Mark.isOn(chain.comment) || TableKind.isIptables(chain.name.table, in: self) else {
                continue
            }
            guard let own = rules[chain.name] else { continue }
            let jumps = rules.filter { $0.key.table == chain.name.table }.values.joined().count { rule in
                rule.expressions.contains(.verdict(.jump(chain.name.name)))
            }
            if Int(chain.use) > own.count + jumps { tables.insert(chain.name.table) }
        }
        return tables
    }
}

extension Chain {
    fileprivate var isNeeded: Bool {
        if hasNameOfOurs || name.table == .teredowall { return true }
        guard name.table.family == .inet || name.table.family == .ip, let base else { return false }
        // Chains of type nat see the first packet of a connection only, and are no place to filter.
        return base.type != "nat" && base.hook != .forward
    }
}

extension Verdict {
    /// The chain that it leads to.
    var target: String? {
        switch self {
        case .jump(let target), .goto(let target): target
        default: nil
        }
    }
}

extension Rule {
    /// The chain it sends every UDP packet over IPv4 to, or every one of an interface.
    fileprivate var target: String? {
        switch effectOnInterface {
        case .jumps(let target, _), .goes(let target, _): target
        default: nil
        }
    }
}
