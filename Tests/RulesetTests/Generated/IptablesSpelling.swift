// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport

/// Writes a draft as text for iptables-restore.
struct IptablesSpelling {
    private var random: SeededGenerator
    /// Whether the order of matches is random.
    private let isShuffled: Bool

    static func text(of draft: Draft, isShuffled: Bool = false, seed: UInt64 = 0) -> String {
        var spelling = IptablesSpelling(random: SeededGenerator(state: seed), isShuffled: isShuffled)
        return spelling.text(of: draft)
    }

    private mutating func text(of draft: Draft) -> String {
        var lines = ["*filter"]
        for chain in draft.chains {
            let policy = chain.hook == nil ? "-" : chain.isDroppedAtEnd ? "DROP" : "ACCEPT"
            lines.append(":\(chain.name) \(policy) [0:0]")
        }
        let outgoing = draft.outgoingChains
        for chain in draft.chains {
            for rule in chain.rules {
                for single in rule.forIptables {
                    lines.append(
                        "-A \(chain.name) " + text(of: single, isInput: !outgoing.contains(chain.name)))
                }
            }
        }
        return (lines + ["COMMIT", ""]).joined(separator: "\n")
    }

    /// `isInput` is true in the input chain and in chains that it reaches, false in the output chain and in those that
    /// it reaches: no chain is both.
    private mutating func text(of rule: DraftRule, isInput: Bool) -> String {
        var matches = rule.conditions.map { Self.text(of: $0, isInput: isInput) }
        if isShuffled { matches.shuffle(using: &random) }
        if rule.isLimited { matches.append("-m limit --limit 5/second") }
        if let comment = rule.comment { matches.append("-m comment --comment \"\(comment)\"") }
        if rule.isLogged { matches.append("-j LOG --log-prefix \"x \"") }
        if let verdict = rule.verdict { matches.append(Self.target(verdict)) }
        return matches.joined(separator: " ")
    }

    private static func text(of condition: DraftCondition, isInput: Bool) -> String {
        let not = condition.isNegated ? "! " : ""
        let value = condition.values.joined(separator: ",")
        switch condition.property {
        case .interface: return "\(not)\(isInput ? "-i" : "-o") \(value)"
        case .protocols: return "\(not)-p \(value)"
        case .udpPort, .tcpPort:
            let protocolName = condition.property == .udpPort ? "udp" : "tcp"
            let match =
                condition.values.count > 1
                ? "-m multiport \(not)--dports" : "-m \(protocolName) \(not)--dport"
            return "-p \(protocolName) \(match) \(value)"
        case .state: return "-m conntrack \(not)--ctstate \(value.uppercased())"
        case .source: return "\(not)-s \(value)"
        case .destination: return "\(not)-d \(value)"
        case .packetType: return "-m pkttype \(not)--pkt-type \(value)"
        case .addressType: return "-m addrtype \(not)--dst-type \(value.uppercased())"
        case .mark: return "-m mark \(not)--mark \(value)"
        case .user: return "-m owner \(not)--uid-owner \(value)"
        }
    }

    private static func target(_ verdict: DraftRule.Verdict) -> String {
        switch verdict {
        case .accept: "-j ACCEPT"
        case .drop: "-j DROP"
        case .reject: "-j REJECT"
        case .return: "-j RETURN"
        case .jump(let chain): "-j \(chain)"
        case .goto(let chain): "-g \(chain)"
        }
    }
}

extension DraftRule {
    /// The iptables rules that replace this rule: one for each value of a property of which a match has only one
    /// value, and separate rules for a log and a verdict.
    fileprivate var forIptables: [DraftRule] {
        if isLogged, verdict != nil {
            var (log, rest) = (self, self)
            log.verdict = nil
            rest.isLogged = false
            return log.forIptables + rest.forIptables
        }
        guard
            let place = conditions.firstIndex(where: { !$0.property.isListInIptables && $0.values.count > 1 })
        else { return [self] }
        return conditions[place].values.flatMap { value in
            var part = self
            part.conditions[place].values = [value]
            return part.forIptables
        }
    }
}
