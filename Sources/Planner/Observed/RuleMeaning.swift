// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The effect of a rule on the packets of a class.
struct RuleMeaning: Hashable {
    /// The verdict for a packet that the rule matches.
    enum Ending: Hashable {
        /// Evaluation continues with the next rule.
        case none
        case accept
        case drop
        case reject
        case `return`
        case jump(String)
        case goto(String)
        /// A program decides (queue).
        case queue
        /// The outcome is unknown.
        case unknown

        var denies: Bool { self == .drop || self == .reject }

        var entersChain: Bool { target != nil }

        /// The chain that a jump or goto leads to.
        var target: String? {
            switch self {
            case .jump(let chain), .goto(let chain): chain
            default: nil
            }
        }
    }

    /// The result of the rule's conditions for the packets of the class.
    var match = Truth.yes
    /// The properties in the conditions that a stranger's packet fulfils.
    var passed: Facets = []
    /// The properties in the conditions that a stranger's packet does not fulfil; incomplete where an early
    /// condition ends the rule.
    var failed: Facets = []
    /// The verdict for the packets that the rule matches; if no packet of the class matches, for packets of
    /// other classes.
    var ending = Ending.none
    /// True when the rule changes a property on which the conditions of later rules may depend.
    var changes = false
    /// True when the rule adds the packet's source or the like to a set or list.
    var addsToSet = false

    /// The verdicts of a verdict map for packets that do not differ from those of the class, or only in ``branchFacets``.
    var branches: Set<Ending> = []
    /// The verdicts of a verdict map that some packets of the class take, but not a stranger's.
    var branchesOfOthers: Set<Ending> = []
    var branchFacets: Facets = []
    /// The properties that the packets of ``branches`` have in common with the class.
    var branchPassed: Facets = []

    /// True when the conditions that a stranger's packet is assumed not to fulfil cannot be evaluated.
    var isUndecidable: Bool {
        match == .unlikely && failed.contains(.other)
            && failed.isDisjoint(with: [.peer, .mark, .rate, .route, .user, .interface, .port])
    }

    /// True when the rule neither has a verdict nor changes the packet: a rule that logs or counts, whatever its conditions.
    var hasNoEffect: Bool { ending == .none && branches.isEmpty && branchesOfOthers.isEmpty && !changes }

    /// True when the rule only matches packets of other protocols.
    var isOfOtherProtocol: Bool { match == .no && !failed.isDisjoint(with: [.transport, .family]) }
}
