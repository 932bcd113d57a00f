// SPDX-License-Identifier: GPL-2.0-or-later

/// The meaning of a ruleset: a sequence of conditions and verdicts, which can be written in many ways.
struct Draft: Hashable, Sendable {
    var chains: [DraftChain] = []

    /// The index of the chain of this name.
    func index(of name: String) -> Int? { chains.firstIndex { $0.name == name } }

    /// The names of the output chain and of all chains that it reaches.
    var outgoingChains: Set<String> {
        var reached: Set<String> = []
        var pending = chains.filter { $0.hook == .output }.map(\.name)
        while let name = pending.popLast() {
            guard reached.insert(name).inserted, let place = index(of: name) else { continue }
            pending += chains[place].rules.compactMap(\.target)
        }
        return reached
    }
}

struct DraftChain: Hashable, Sendable {
    enum Hook: String, Sendable {
        case input, output, forward
    }

    var name: String
    /// nil for a chain that only jumps lead to.
    var hook: Hook?
    /// Whether the policy is drop.
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
    /// Whether the rule has a rate limit. Only rules without a verdict have one: otherwise the results of packets
    /// would depend on the rate.
    var isLimited = false
    var comment: String?
    /// nil for a rule that only counts or logs.
    var verdict: Verdict?

    /// The chain to which the rule jumps or goes; nil for other verdicts.
    var target: String? {
        switch verdict {
        case .jump(let name), .goto(let name): name
        default: nil
        }
    }
}

/// A property of a packet that is, or is not, one of some values.
struct DraftCondition: Hashable, Sendable {
    enum Property: String, Hashable, Sendable, CaseIterable {
        case interface, protocols, udpPort, tcpPort, state, source, destination, packetType, addressType, mark
        case user

        /// Whether a match of iptables can have several values of the property.
        var isListInIptables: Bool { self == .udpPort || self == .tcpPort || self == .state }
    }

    var property: Property
    /// In nft's spelling; not empty.
    var values: [String]
    var isNegated = false

    init(_ property: Property, _ values: [String], isNegated: Bool = false) {
        self.property = property
        self.values = values
        self.isNegated = isNegated
    }
}
