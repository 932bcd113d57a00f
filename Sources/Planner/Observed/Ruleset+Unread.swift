// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Ruleset {
    /// The chains whose rules planning needs and that have not been read. Their rules may lead to further
    /// chains: repeat until the list is empty.
    public var unreadChains: [ChainName] {
        let unread = chains.filter { rules[$0.name] == nil }.map(\.name)
        let known = Set(chains.lazy.filter(\.isNeeded).map(\.name)).union(references.keys)
        let needed = unread.filter(known.contains)
        // The chains of whole tables are read last: the rules of the other chains determine these tables.
        if !needed.isEmpty { return needed }
        let whole = tablesToReadWholly
        return unread.filter { whole.contains($0.table) }
    }

    /// The chains that rules lead to and that are missing in ``chains``.
    public var unlistedChains: Set<ChainName> { Set(references.keys).subtracting(chains.map(\.name)) }

    /// The tables of which planning needs the rules of every chain.
    public var tablesToReadWholly: Set<TableName> {
        // A named map may be used by any rule of its table, so all rules must be read to know the users.
        let maps = contents.filter { !$0.value.isAnonymous && $0.value.leadsToChains }
        return tablesWithUnreadJumps.union(maps.keys.map(\.table)).union(tablesWithSharedDefaults)
    }

    /// The number of references to each chain from rules and elements.
    private var references: [ChainName: Int] {
        var references: [ChainName: Int] = [:]
        for (chain, rules) in rules {
            for rule in rules.notable {
                for target in rule.expressions.lazy.compactMap(\.target) {
                    references[ChainName(chain.table, target), default: 0] += 1
                }
            }
        }
        for (map, contents) in contents {
            for target in contents.entries?.compactMap(\.verdict?.target) ?? [] {
                references[ChainName(map.table, target), default: 0] += 1
            }
        }
        return references
    }

    /// Tables with a chain that denies a part of the packets and has references from rules that were not read. Only a reading
    /// of all rules shows whether other packets reach the chain. The result is the same before and after that reading.
    private var tablesWithSharedDefaults: Set<TableName> {
        let (passed, references) = chainsOfPackets
        let shared = chains.filter { chain in
            guard chain.base == nil, !chain.hasNameOfOurs, passed.contains(chain.name),
                let rules = rules[chain.name]
            else { return false }
            return Int(chain.use) > rules.count + (references[chain.name] ?? 0)
        }
        if shared.isEmpty { return [] }
        let index = RulesetIndex(self)
        let sharing = ChainReachability(index)
        return Set(
            shared.filter { chain in
                !sharing.deniesAll(chain.name)
                    && index.chains(reachedFrom: [chain.name]).contains(where: sharing.denies)
            }.map(\.name.table))
    }

    /// The chains that packets of the exceptions may pass, and the number of references to each from those chains and
    /// their maps.
    private var chainsOfPackets: (chains: Set<ChainName>, references: [ChainName: Int]) {
        var (references, maps) = ([ChainName: Int](), Set<SetName>())
        let starts = chains.filter(\.isNeeded).map(\.name)
        let found = rules.chains(reachedFrom: starts) { expression, table in
            var targets = expression.target.map { [$0] } ?? []
            // A map leads to its chains once, however many rules use it.
            if let map = expression.verdictMap, maps.insert(SetName(table, map)).inserted {
                targets = contents[SetName(table, map)]?.entries?.compactMap(\.verdict?.target) ?? []
            }
            for target in targets { references[ChainName(table, target), default: 0] += 1 }
            return targets
        }
        return (found, references)
    }

    /// The sets and maps that rules look up and that have not been read. The named sets of blocklists, in which source
    /// addresses are looked up, are not needed: a stranger is assumed to be in none of them.
    public var unreadSets: [SetName] { unreadSets(\.setsThatMatter) }

    /// The named sets of blocklists, which have not been read. Of these, the addresses of this host and its neighbours
    /// matter.
    public var blocklists: [SetName] { unreadSets(\.blocklists) }

    private func unreadSets(_ names: (Rule) -> [String]) -> [SetName] {
        var found: [SetName] = []
        var seen: Set<SetName> = []
        for rule in rules.values.lazy.flatMap(\.notable) where !rule.isOurs {
            for name in names(rule) {
                let set = SetName(rule.chain.table, name)
                if contents[set] == nil, seen.insert(set).inserted { found.append(set) }
            }
        }
        return found
    }

    /// The tables in which more rules jump to a chain of ours than were found.
    private var tablesWithUnreadJumps: Set<TableName> {
        var tables: Set<TableName> = []
        for chain in chains where chain.hasNameOfOurs && chain.name.table != .teredowall {
            // The jumps to an anchor are the administrator's; count them only in iptables' tables, where an
            // anchor cannot be distinguished from our chain.
            guard Mark.isMark(chain.comment) || TableKind.isIptables(chain.name.table, in: self) else {
                continue
            }
            guard let own = rules[chain.name] else { continue }
            let jumps = rules.filter { $0.key.table == chain.name.table }.values.lazy.flatMap(\.notable).count
            { rule in
                rule.expressions.contains(.verdict(.jump(chain.name.name)))
            }
            if Int(chain.use) > own.count + jumps { tables.insert(chain.name.table) }
        }
        return tables
    }
}

extension Chain {
    /// True when planning needs the rules of the chain, whichever rules lead to it.
    public var isNeeded: Bool {
        if hasNameOfOurs || name.table == .teredowall { return true }
        guard let base else { return false }
        // No exception is made in netdev chains, but packets denied there are denied.
        if name.table.family == .netdev { return true }
        guard name.table.family == .inet || name.table.family == .ip else { return false }
        return !base.isNAT && base.hook != .forward
    }
}

extension SetContents {
    fileprivate var leadsToChains: Bool { entries?.contains { $0.verdict?.target != nil } ?? false }
}

extension Rule {
    /// True when the rule only denies. The sets of such rules change often, and strangers are in none of them.
    private var isOfBlocklist: Bool {
        switch expressions.last {
        case .verdict(.drop), .reject: true
        default: false
        }
    }

    /// The sets and maps of the rule that planning needs: all but ``blocklists``.
    fileprivate var setsThatMatter: [String] { sets.others }

    /// The named sets of a blocklist, in which the rule looks up source addresses.
    fileprivate var blocklists: [String] { sets.blocklists }

    private var sets: (blocklists: [String], others: [String]) {
        // True while the source address is loaded.
        var isSourceLoaded = false
        var (blocklists, names): ([String], [String]) = ([], [])
        for expression in expressions {
            switch expression {
            case .payload(.network, offset: 12, length: 4): isSourceLoaded = true
            case .payload, .meta, .instruction(.payload), .instruction(.meta), .instruction(.connection),
                .instruction(.route), .instruction(.load):
                isSourceLoaded = false
            case .lookup(let set, let isInverted), .instruction(.lookup(let set, let isInverted, _)):
                let isAnonymous = set.hasPrefix("__")
                if !isSourceLoaded || isInverted || !isOfBlocklist || isAnonymous {
                    names.append(set)
                } else {
                    blocklists.append(set)
                }
            case .verdictMap(let map), .instruction(.verdictMap(let map, _)),
                .instruction(.map(let map, _, _)),
                .instruction(.objectMap(let map, _)):
                names.append(map)
            default: break
            }
        }
        return (blocklists, names)
    }
}
