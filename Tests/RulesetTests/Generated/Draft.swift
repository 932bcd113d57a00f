// SPDX-License-Identifier: GPL-2.0-or-later

/// A ruleset as its meaning: a sequence of conditions and verdicts, which can be spelled in many ways.
struct Draft: Hashable, Sendable {
    var chains: [DraftChain] = []

    /// The place of the chain of this name.
    func index(of name: String) -> Int? { chains.firstIndex { $0.name == name } }
}

struct DraftChain: Hashable, Sendable {
    enum Hook: String, Sendable {
        case input, output, forward
    }

    var name: String
    /// nil for a chain that is jumped to.
    var hook: Hook?
    var isDroppedAtEnd = false
    var rules: [DraftRule] = []
}

struct DraftRule: Hashable, Sendable {
    enum Verdict: Hashable, Sendable {
        case accept, drop, reject, `return`
        case jump(String), goto(String)
    }

    var conditions: [DraftCondition] = []
    var isCounted = false
    var isLogged = false
    /// So many a second go on; with a verdict only where what goes beyond meets the same.
    var isLimited = false
    var comment: String?
    /// nil for a rule that only counts or logs.
    var verdict: Verdict?
}

/// A property of a packet that is, or is not, one of some values.
struct DraftCondition: Hashable, Sendable {
    enum Property: String, Hashable, Sendable, CaseIterable {
        case interface, protocols, udpPort, tcpPort, state, source, destination, packetType, addressType, mark
        case user
    }

    var property: Property
    /// As nft spells them; never none.
    var values: [String]
    var isNegated = false

    init(_ property: Property, _ values: [String], isNegated: Bool = false) {
        self.property = property
        self.values = values
        self.isNegated = isNegated
    }
}
