// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The effect of a rule on the packets of a class.
struct RuleMeaning: Hashable {
    /// The end of a packet that a rule matches.
    enum Ending: Hashable {
        /// The rule after it is next.
        case none
        case accept
        case drop
        case reject
        case `return`
        case jump(String)
        case goto(String)
        /// A program decides.
        case queue
        /// It may be anything.
        case unknown

        var denies: Bool { self == .drop || self == .reject }
    }

    /// Whether the rule is about them.
    var match = Truth.yes
    /// The properties in conditions that a stranger fulfils.
    var passed: Facets = []
    /// What the conditions are about that a stranger does not fulfil; not all of them where the first decide.
    var failed: Facets = []
    /// The end of the packets that the rule matches; where it matches none of the class, of others.
    var ending = Ending.none
    /// Whether it changes something by which later rules may decide.
    var changes = false
    /// Whether it remembers whom packets come from.
    var remembers = false

    /// What becomes of those that a map of verdicts tells apart by these, besides ``ending``.
    var branches: Set<Ending> = []
    var branchFacets: Facets = []

    /// Whether it may be about a stranger's packets for reasons that cannot be told.
    var isUntold: Bool {
        match == .unlikely && failed.contains(.other)
            && failed.isDisjoint(with: [.peer, .mark, .rate, .route, .user, .interface, .port])
    }

    /// Whether it is about packets of other protocols only.
    var isOfOtherProtocol: Bool { match == .no && !failed.isDisjoint(with: [.transport, .family]) }
}
