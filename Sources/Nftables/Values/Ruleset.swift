// SPDX-License-Identifier: GPL-2.0-or-later

/// The parts of the kernel's ruleset that were read, at one generation.
public struct Ruleset: Hashable, Sendable {
    /// The generation all of it was read at (NFT_MSG_GETGEN).
    public var generation: UInt32
    public var tables: [Table]
    public var chains: [Chain]
    public var sets: [NamedSet]
    /// The rules of the chains that were read, in order; a chain that is missing here was not read.
    public var rules: [ChainName: [Rule]]
    /// The elements of the sets of ports that were read.
    public var elements: [SetName: [PortElement]]
    /// The sets and maps that rules refer to, named or not, as far as they were read.
    public var contents: [SetName: SetContents]
    /// Limits and quotas by name that let pass what is above them.
    public var invertedObjects: Set<SetName>

    public init(
        generation: UInt32 = 0, tables: [Table] = [], chains: [Chain] = [], sets: [NamedSet] = [],
        rules: [ChainName: [Rule]] = [:], elements: [SetName: [PortElement]] = [:],
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
}
