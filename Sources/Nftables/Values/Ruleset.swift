// SPDX-License-Identifier: GPL-2.0-or-later

/// The part of the kernel's ruleset that was read, all at one generation.
public struct Ruleset: Hashable, Sendable {
    /// The generation at which everything was read (NFT_MSG_GETGEN).
    public var generation: UInt32
    public var tables: [Table]
    public var chains: [Chain]
    public var sets: [NamedSet]
    /// The rules, in order, of each chain that was read; chains without an entry were not read.
    public var rules: [ChainName: RuleList]
    /// The elements of our own sets, as far as they were read.
    public var elements: [SetName: [TimedElement]]
    /// The sets and maps, named or anonymous, that rules refer to, as far as they were read.
    public var contents: [SetName: SetContents]
    /// The named limits and quotas that pass packets above their bound, and spent quotas that pass those below, each by its
    /// table and name, as for a set.
    public var invertedObjects: Set<SetName>

    public init(
        generation: UInt32 = 0, tables: [Table] = [], chains: [Chain] = [], sets: [NamedSet] = [],
        rules: [ChainName: RuleList] = [:], elements: [SetName: [TimedElement]] = [:],
        contents: [SetName: SetContents] = [:], invertedObjects: Set<SetName> = []
    ) {
        self.generation = generation
        self.tables = tables
        self.chains = chains
        self.sets = sets
        self.rules = rules
        self.elements = elements
        self.contents = contents
        self.invertedObjects = invertedObjects
    }

    /// The ruleset without these tables and their contents.
    public func without(_ gone: Set<TableName>) -> Ruleset {
        if gone.isEmpty { return self }
        var copy = self
        copy.tables.removeAll { gone.contains($0.name) }
        copy.chains.removeAll { gone.contains($0.name.table) }
        copy.sets.removeAll { gone.contains($0.name.table) }
        copy.rules = rules.filter { !gone.contains($0.key.table) }
        copy.elements = elements.filter { !gone.contains($0.key.table) }
        copy.contents = contents.filter { !gone.contains($0.key.table) }
        copy.invertedObjects = invertedObjects.filter { !gone.contains($0.table) }
        return copy
    }
}
