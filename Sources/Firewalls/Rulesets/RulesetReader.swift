// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner
internal import TeredoProtocol

/// Reads the part of the kernel's ruleset that planning needs, all of it at one generation: all tables and
/// sets, the base chains, and the chains that packets reach from the hooks that matter.
public struct RulesetReader {
    let connection: RulesetConnection
    /// This host's addresses. Of sets that are too large to be read, only the entries for these are read, and rules about
    /// them are not condensed.
    var addresses: [IPv4Address]
    /// The networks that this host is attached to. Rules about them are not condensed either.
    var networks: [IPv4Network]
    /// The maximum number of attempts when the ruleset changes while it is read.
    private static let attempts = 20
    /// The number of attempts at reading only the changed objects, before everything is read.
    private static let partialAttempts = 3

    /// `interfaces` are this host's; only their addresses and networks are used.
    public init(_ connection: RulesetConnection, interfaces: [Interface] = []) {
        self.connection = connection
        addresses = interfaces.flatMap(\.addresses)
        networks = interfaces.flatMap(\.networks)
    }

    /// Reads the ruleset. Throws ``NftablesError/stale`` when it changed during every attempt.
    public func read() throws(NftablesError) -> Ruleset { try read(everything: false) }

    /// Reads the ruleset with the help of the earlier reading in `mirror`, and replaces it. `listen` records in the
    /// mirror the changes reported since.
    ///
    /// Only the changed objects are read (`isPartial`), if that is possible. The result is used only if nothing was
    /// committed meanwhile, because only then are the objects that no event named unchanged.
    func read(
        _ mirror: inout RulesetMirror, listen: (inout RulesetMirror) -> Void
    ) throws(NftablesError) -> (ruleset: Ruleset, isPartial: Bool) {
        for _ in 0..<Self.partialAttempts {
            let generation = try connection.generation()
            // After this wait the events of all earlier commits have arrived.
            try connection.waitForCommit()
            listen(&mirror)
            // Generations wrap around: compare their difference.
            guard let known = mirror.ruleset, Int32(bitPattern: mirror.newestGeneration &- generation) >= 0
            else {
                break
            }
            let newest = mirror.newestGeneration
            let found: Ruleset?
            do throws(NftablesError) {
                found = try read(mirror.changes, mirror.histories, since: known, at: newest)
            } catch {
                if try connection.generation() == newest { throw error }
                continue
            }
            guard let found else { break }
            guard try connection.generation() == newest else { continue }
            mirror.replace(by: found)
            return (found, true)
        }
        mirror.forget()
        let ruleset = try read()
        mirror.replace(by: ruleset)
        return (ruleset, false)
    }

    /// Reads the ruleset with the rules of every chain, even those that planning does not need.
    public func readEverything() throws(NftablesError) -> Ruleset { try read(everything: true) }

    /// Reads what ``read()`` reads, in one attempt; nil if the ruleset is not at this generation or changes
    /// meanwhile.
    func read(at generation: UInt32) throws(NftablesError) -> Ruleset? {
        connection.repeatsListings = false
        defer { connection.repeatsListings = true }
        var found: Ruleset?
        do throws(NftablesError) {
            found = try readOnce(generation, false)
        } catch .stale {
            return nil
        } catch {
            if try connection.generation() == generation { throw error }
        }
        return try connection.generation() == generation ? found : nil
    }

    private func read(everything: Bool) throws(NftablesError) -> Ruleset {
        for _ in 0..<Self.attempts {
            let generation = try connection.generation()
            // The kernel counts the generation up before the commit is visible: wait until the commit is
            // over.
            try connection.waitForCommit()
            let ruleset: Ruleset
            do throws(NftablesError) {
                ruleset = try readOnce(generation, everything)
            } catch {
                // An object may vanish between two dumps: this is an error only if the generation is
                // unchanged.
                if try connection.generation() == generation { throw error }
                continue
            }
            if try connection.generation() == generation { return ruleset }
        }
        throw .stale
    }

    private func readOnce(_ generation: UInt32, _ everything: Bool) throws(NftablesError) -> Ruleset {
        let sets = try connection.allSets()
        var ruleset = Ruleset(
            generation: generation, tables: try connection.tables(), chains: try connection.chains(),
            sets: Self.named(sets), invertedObjects: try connection.invertedObjects())
        if everything {
            for chain in ruleset.chains.map(\.name) {
                ruleset.rules[chain] = RuleList(try connection.rules(of: chain))
            }
        }
        return try complete(ruleset, described: sets, keepsAll: everything)
    }

    /// The ruleset with the rules and elements that planning needs, and no others unless `keepsAll` is set.
    /// Rules and elements that `known` has are not read again. `described` are all sets as just listed; nil
    /// when `known` was read earlier.
    func complete(
        _ known: Ruleset, described: [NamedSet]? = nil, keepsAll: Bool = false
    ) throws(NftablesError) -> Ruleset {
        var ruleset = known
        if !keepsAll { ruleset.rules = [:] }
        (ruleset.contents, ruleset.elements) = ([:], [:])
        var sets = described.map(Self.byName)
        var (ruleCount, condenser) = (0, self.condenser)
        // The rules and map elements that are read may lead to further chains and sets.
        while true {
            if described == nil {
                for name in ruleset.unlistedChains { ruleset.replace(name, by: try connection.chain(name)) }
            }
            let (chains, unread) = (ruleset.unreadChains, ruleset.unreadSets)
            if chains.isEmpty && unread.isEmpty { break }
            for set in unread {
                if let contents = known.contents[set], !contents.isOfBlocklist {
                    ruleset.contents[set] = contents
                    continue
                }
                if sets == nil { sets = Self.byName(try connection.allSets()) }
                ruleset.contents[set] = try contents(of: set, sets?[set])
            }
            for chain in chains {
                let found: RuleList
                if let rules = known.rules[chain] {
                    found = rules
                } else {
                    found = try rules(of: chain, besides: ruleCount, &condenser)
                    if described == nil { ruleset.replace(chain, by: try connection.chain(chain)) }
                }
                ruleCount += found.count
                ruleset.rules[chain] = found
            }
        }
        try lookUpBlocklists(of: &ruleset)
        // Drop the chains that nothing leads to: with thousands of them every later step would take longer.
        ruleset.chains.removeAll { $0.base == nil && ruleset.rules[$0.name] == nil }
        for set in ruleset.setsOfOurs { ruleset.elements[set] = try connection.elements(of: set) }
        return ruleset
    }

    /// Looks up this host's addresses and networks in the blocklists of a ruleset.
    private func lookUpBlocklists(of ruleset: inout Ruleset) throws(NftablesError) {
        let blocklists = ruleset.blocklists
        let own = addresses.map(\.bytes)
        let bounds = networks.map { (first: $0.first.bytes, last: $0.broadcast.bytes) }
        let lookUps = blocklists.count * (own.count + 2 * bounds.count)
        guard lookUps > 0, lookUps <= Self.mostLookUps else { return }
        let sets = Self.byName(ruleset.sets)
        for set in blocklists {
            guard let description = sets[set], description.keyType == Self.addressType else { continue }
            var contents = description.contents
            if contents.changesByItself || contents.isMap { continue }
            var entries: [SetEntry] = []
            for address in own {
                if let entry = try connection.entry(of: set, for: address) { entries.append(entry) }
            }
            for (first, last) in bounds where contents.isInterval {
                if let entry = try connection.entry(of: set, from: first, through: last) {
                    entries.append(entry)
                }
            }
            contents.entries = entries
            contents.queriedKeys = Set(own + bounds.flatMap { [$0.first, $0.last] })
            contents.isOfBlocklist = true
            ruleset.contents[set] = contents
        }
    }

    /// The maximum number of look-ups in blocklists for one reading.
    private static let mostLookUps = 256

    private static func byName(_ sets: [NamedSet]) -> [SetName: NamedSet] {
        Dictionary(sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The named sets, without the number of their elements, which may change without a commit.
    static func named(_ sets: [NamedSet]) -> [NamedSet] {
        sets.filter { !$0.isAnonymous }.map { set in
            var set = set
            set.count = nil
            return set
        }
    }

    /// A condenser that keeps rules about this host and its networks.
    var condenser: RuleCondenser { RuleCondenser(ownAddresses: addresses, networks: networks) }

    /// The rules of a chain. They are condensed to save memory if, with the `otherRules` read of other chains, there are
    /// many.
    private func rules(
        of chain: ChainName, besides otherRules: Int, _ condenser: inout RuleCondenser
    ) throws(NftablesError) -> RuleList {
        var seen = otherRules
        let rules = try connection.rules(of: chain) { rule in
            seen += 1
            return seen > Self.fewRules ? condenser.condense(rule) : rule
        }
        // If the limit is exceeded in the middle of this chain, condense the first rules of it, too.
        guard otherRules <= Self.fewRules, otherRules + rules.count > Self.fewRules else {
            return RuleList(rules)
        }
        return RuleList(rules.map { condenser.condense($0) })
    }

    /// The number of rules, of all chains read, up to which none is condensed. The rules of a chain with more
    /// rules than this are always condensed.
    static let fewRules = 500

    /// Sets of more elements are not listed; ``contents(of:_:)`` reads less of them.
    private static let mostElements = 4096

    /// The contents of a set: without elements if packets add them, and of a very large set only the elements
    /// for this host's addresses.
    private func contents(of set: SetName, _ description: NamedSet?) throws(NftablesError) -> SetContents {
        var contents = description?.contents ?? SetContents(flags: 0, keyLength: 0)
        // Elements that packets add may have changed by the time that they are read.
        if contents.changesByItself && !contents.isMap { return contents }
        // The kernel lists an interval as two elements, its start and its end.
        let most = Self.mostElements * (contents.isInterval ? 2 : 1)
        if description?.count.map({ $0 <= most }) ?? true,
            let entries = try connection.entries(of: set, atMost: most)
        {
            contents.entries = entries
            return contents
        }
        // Of keys of two bytes, such as ports, even the largest set fits into memory.
        if contents.keyLength == 2, !contents.isMap {
            contents.entries = try connection.ranges(of: set, areIntervals: contents.isInterval)
            return contents
        }
        let keysOfHost = addresses.map(\.bytes) + [RFC4380.discoveryGroup.bytes]
        contents.queriedKeys = Set(description?.keyType == Self.addressType ? keysOfHost : [])
        var entries: [SetEntry] = []
        for key in contents.queriedKeys ?? [] {
            if let entry = try connection.entry(of: set, for: key) { entries.append(entry) }
        }
        contents.entries = entries
        return contents
    }

    /// nft's number of the type ipv4_addr.
    private static let addressType: UInt32 = 7
}
