// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport

/// Writes a draft as nft text, in one of many spellings with the same meaning.
struct NftSpelling {
    /// Which alternatives may be used. The default is the plainest spelling.
    struct Choices: Hashable, Sendable {
        var family = "inet"
        /// Named sets in place of anonymous ones. This number and the following ones are percentages: how often the
        /// alternative is used where it is possible.
        var namedSets = 0
        /// Sets of one element in place of a single value.
        var singleSets = 0
        /// Interface indices in place of names.
        var indices = 0
        /// A verdict map in place of the last condition and the verdict of a rule.
        var verdictMaps = 0
        /// Named verdict maps in place of anonymous ones.
        var namedMaps = 0
        /// In place of negated values: all other values.
        var complements = 0
        /// States as a comparison of bits.
        var bits = 0
        /// Whether the order of the conditions of a rule is random.
        var shuffled = false

        static let plain = Choices()
    }

    private let choices: Choices
    private var random: SeededGenerator
    /// The text of the named sets and maps so far.
    private var sets: [String] = []

    init(_ choices: Choices, seed: UInt64) {
        self.choices = choices
        random = SeededGenerator(state: seed)
    }

    static func text(of draft: Draft, _ choices: Choices = .plain, seed: UInt64 = 0) -> String {
        var spelling = NftSpelling(choices, seed: seed)
        return spelling.text(of: draft)
    }

    private mutating func text(of draft: Draft) -> String {
        var chains: [String] = []
        let outgoing = draft.outgoingChains
        // nft requires that a chain is declared before a rule refers to it.
        for chain in draft.chains.reversed() {
            var lines: [String] = []
            if let hook = chain.hook {
                let policy = chain.isDroppedAtEnd ? "drop" : "accept"
                lines.append("type filter hook \(hook) priority filter; policy \(policy);")
            }
            for rule in chain.rules { lines.append(text(of: rule, isInput: !outgoing.contains(chain.name))) }
            chains.append(" chain \(chain.name) {\n  \(lines.joined(separator: "\n  "))\n }")
        }
        return "table \(choices.family) f {\n" + sets.joined() + chains.joined(separator: "\n") + "\n}\n"
    }

    /// `isInput` selects the input interface (`iifname`) or the output interface (`oifname`).
    private mutating func text(of rule: DraftRule, isInput: Bool) -> String {
        var conditions = rule.conditions
        if choices.shuffled { conditions.shuffle(using: &random) }
        var words: [String] = []
        let mapped = canBeMapped(rule) && random.chance(choices.verdictMaps) ? conditions.popLast() : nil
        for condition in conditions { words.append(text(of: condition, isInput: isInput)) }
        if rule.isLimited { words.append("limit rate 5/second") }
        if rule.isCounted { words.append("counter") }
        if rule.isLogged { words.append("log prefix \"x \"") }
        if let verdict = rule.verdict {
            let word = Self.word(verdict)
            if let mapped {
                words.append(map(mapped, to: word, isInput: isInput))
            } else {
                words.append(word)
            }
        }
        if let comment = rule.comment { words.append("comment \"\(comment)\"") }
        return words.joined(separator: " ")
    }

    /// Whether the last condition and the verdict of the rule can be written as a verdict map.
    private func canBeMapped(_ rule: DraftRule) -> Bool {
        guard let last = rule.conditions.last, rule.verdict != nil, rule.verdict != .reject,
            rule.comment == nil,
            !rule.conditions.contains(where: { $0.isNegated }), !rule.isLimited, !rule.isLogged
        else { return false }
        return last.property != .user
    }

    /// A verdict map with this verdict for each value of the condition.
    private mutating func map(_ condition: DraftCondition, to verdict: String, isInput: Bool) -> String {
        let (key, type) = Self.key(condition.property, isInput: isInput)
        let elements = values(of: condition).map { "\($0) : \(verdict)" }.joined(separator: ", ")
        guard random.chance(choices.namedMaps) else { return "\(key) vmap { \(elements) }" }
        let flags = Self.isInterval(condition) ? " flags interval;" : ""
        sets.append(" map m\(sets.count) { type \(type) : verdict;\(flags) elements = { \(elements) }\n }\n")
        return "\(key) vmap @m\(sets.count - 1)"
    }

    private mutating func text(of condition: DraftCondition, isInput: Bool) -> String {
        var condition = condition
        if condition.isNegated, let others = Self.complement(of: condition),
            random.chance(choices.complements)
        {
            condition = DraftCondition(condition.property, others)
        }
        var (key, type) = Self.key(condition.property, isInput: isInput)
        // Only interfaces that exist have an index.
        if condition.property == .interface, Set(condition.values).isSubset(of: ["eth0", "lo"]),
            random.chance(choices.indices)
        {
            (key, type) = (isInput ? "iif" : "oif", "iface_index")
        }
        if condition.property == .state, !condition.isNegated, random.chance(choices.bits) {
            return "ct state & (\(condition.values.joined(separator: " | "))) != 0"
        }
        let sign = condition.isNegated ? "!= " : ""
        let values = values(of: condition)
        if random.chance(choices.namedSets) {
            let flags = Self.isInterval(condition) ? " flags interval;" : ""
            sets.append(
                " set s\(sets.count) { type \(type);\(flags) elements = { \(values.joined(separator: ", ")) }\n }\n"
            )
            return "\(key) \(sign)@s\(sets.count - 1)"
        }
        if values.count == 1, !random.chance(choices.singleSets) { return "\(key) \(sign)\(values[0])" }
        return "\(key) \(sign){ \(values.joined(separator: ", ")) }"
    }

    private func values(of condition: DraftCondition) -> [String] {
        condition.property == .interface ? condition.values.map { "\"\($0)\"" } : condition.values
    }

    private static func isInterval(_ condition: DraftCondition) -> Bool {
        condition.values.contains { $0.contains("/") || $0.contains("-") }
    }

    /// All other values of the property; nil for properties of which there are too many to list.
    private static func complement(of condition: DraftCondition) -> [String]? {
        switch condition.property {
        case .state:
            ["invalid", "established", "related", "new", "untracked"].filter {
                !condition.values.contains($0)
            }
        case .udpPort, .tcpPort:
            gaps(condition.values.compactMap { Int($0) }.sorted(), through: 65_535)
        default: nil
        }
    }

    /// The ranges of ports from 0 to `last` between these ports.
    private static func gaps(_ ports: [Int], through last: Int) -> [String] {
        var ranges: [String] = []
        var next = 0
        for port in ports + [last + 1] {
            if next < port { ranges.append(next == port - 1 ? "\(next)" : "\(next)-\(port - 1)") }
            next = port + 1
        }
        return ranges
    }

    /// nft's expression for a property, and the type of its values.
    private static func key(
        _ property: DraftCondition.Property, isInput: Bool
    ) -> (text: String, type: String) {
        switch property {
        case .interface: (isInput ? "iifname" : "oifname", "ifname")
        case .protocols: ("meta l4proto", "inet_proto")
        case .udpPort: ("udp dport", "inet_service")
        case .tcpPort: ("tcp dport", "inet_service")
        case .state: ("ct state", "ct_state")
        case .source: ("ip saddr", "ipv4_addr")
        case .destination: ("ip daddr", "ipv4_addr")
        case .packetType: ("meta pkttype", "pkt_type")
        case .addressType: ("fib daddr type", "fib_addrtype")
        case .mark: ("meta mark", "mark")
        case .user: ("meta skuid", "uid")
        }
    }

    private static func word(_ verdict: DraftRule.Verdict) -> String {
        switch verdict {
        case .accept: "accept"
        case .drop: "drop"
        case .reject: "reject"
        case .return: "return"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        }
    }
}
