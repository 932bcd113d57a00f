// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport

/// Generates drafts of rulesets as administrators write them. The same seed gives the same rulesets.
struct DraftGenerator {
    private var random: SeededGenerator
    /// Drafts for iptables omit what iptables has no match or target for.
    private let form: RulesetText.Form
    private var draft = Draft()
    /// The number of chains named so far.
    private var names = 0

    init(seed: UInt64, form: RulesetText.Form) {
        random = SeededGenerator(state: seed)
        self.form = form
    }

    /// Generates a ruleset with an input chain, often an output chain, and chains to which those jump.
    mutating func make() -> Draft {
        draft = Draft()
        names = 0
        let name = form == .iptables ? "INPUT" : "in"
        let chain = baseChain(name, .input)
        draft.chains.append(chain)
        if form == .iptables || random.chance(50) {
            let output = baseChain(form == .iptables ? "OUTPUT" : "out", .output)
            draft.chains.append(output)
        }
        if form == .iptables {
            draft.chains.append(DraftChain(name: "FORWARD", hook: .forward, isDroppedAtEnd: true))
        }
        // Text for iptables-restore lists the built-in chains first.
        draft.chains.sort { $0.hook != nil && $1.hook == nil }
        return draft
    }

    private mutating func one<Value>(of values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    /// One to three of these values.
    private mutating func some(of values: [String]) -> [String] {
        let count = Int.random(in: 1...min(3, values.count), using: &random)
        return Array(values.shuffled(using: &random).prefix(count)).sorted()
    }

    private mutating func baseChain(_ name: String, _ hook: DraftChain.Hook) -> DraftChain {
        var chain = DraftChain(name: name, hook: hook, isDroppedAtEnd: random.chance(70))
        chain.rules.append(DraftRule(conditions: [DraftCondition(.interface, ["lo"])], verdict: .accept))
        if random.chance(80) {
            chain.rules.append(
                DraftRule(
                    conditions: [DraftCondition(.state, ["established", "related"])], verdict: .accept))
        }
        for _ in 0..<Int.random(in: 1...4, using: &random) { chain.rules.append(rule(hook, depth: 0)) }
        if random.chance(60) { chain.rules += defaultDenial(hook) }
        return chain
    }

    /// The last rules of a chain that denies by default: sometimes denials of some packets and a log rule, then the
    /// denial of the remaining packets.
    private mutating func defaultDenial(_ hook: DraftChain.Hook) -> [DraftRule] {
        var rules: [DraftRule] = []
        if random.chance(30) {
            rules.append(
                DraftRule(
                    conditions: [DraftCondition(.packetType, ["multicast", "broadcast"])], verdict: .drop))
        }
        if random.chance(30) { rules.append(DraftRule(isLogged: true, isLimited: random.chance(70))) }
        if random.chance(20) {
            rules.append(DraftRule(conditions: [DraftCondition(.protocols, ["tcp"])], verdict: .reject))
        }
        let deny: DraftRule.Verdict = random.chance(50) ? .drop : .reject
        var last = DraftRule(isCounted: random.chance(40), verdict: deny)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: last.conditions = [DraftCondition(.interface, ["eth0"])]
        case 1: last.conditions = [DraftCondition(.interface, ["lo", "lan0"], isNegated: true)]
        case 2: last.conditions = [DraftCondition(.state, ["new"])]
        case 3: last.conditions = [DraftCondition(.protocols, ["tcp", "udp"])]
        default: break
        }
        // Conditions on the packet type are for incoming packets only.
        return
            (hook == .output
            ? rules.filter { rule in !rule.conditions.contains { $0.property == .packetType } } : rules)
            + [adaptedToForm(last)]
    }

    private mutating func rule(_ hook: DraftChain.Hook, depth: Int) -> DraftRule {
        if depth < 2, random.chance(35) { return adaptedToForm(jump(hook, depth: depth)) }
        var rule = DraftRule()
        rule.isCounted = random.chance(20)
        switch Int.random(in: 0..<10, using: &random) {
        case 0...5: rule.verdict = .accept
        case 6, 7: rule.verdict = .drop
        case 8: rule.verdict = depth > 0 ? .return : .drop
        default: rule.verdict = .reject
        }
        let count =
            rule.verdict == .accept
            ? Int.random(in: 1...2, using: &random) : Int.random(in: 1...3, using: &random)
        var properties: Set<DraftCondition.Property> = []
        for _ in 0..<count {
            let condition = condition(hook)
            guard properties.insert(condition.property).inserted else { continue }
            rule.conditions.append(condition)
        }
        return adaptedToForm(Self.withoutContradictions(rule))
    }

    /// Adapts a rule to iptables, which can negate only one value of most properties.
    private func adaptedToForm(_ rule: DraftRule) -> DraftRule {
        guard form == .iptables else { return rule }
        var rule = rule
        for place in rule.conditions.indices
        where rule.conditions[place].isNegated && !rule.conditions[place].property.isListInIptables {
            rule.conditions[place].values = Array(rule.conditions[place].values.prefix(1))
        }
        return rule
    }

    /// Removes conditions on protocols and other ports beside the first port condition of the rule, because they
    /// contradict it or repeat its protocol.
    private static func withoutContradictions(_ rule: DraftRule) -> DraftRule {
        var rule = rule
        if let ports = rule.conditions.first(where: { $0.property == .udpPort || $0.property == .tcpPort }) {
            rule.conditions.removeAll {
                $0.property == .protocols
                    || $0 != ports && ($0.property == .udpPort || $0.property == .tcpPort)
            }
        }
        return rule
    }

    /// A rule that jumps to a new chain, and that chain.
    private mutating func jump(_ hook: DraftChain.Hook, depth: Int) -> DraftRule {
        names += 1
        let name = one(of: ["world", "zone", "refuse", "services", "from_wan", "no"]) + "\(names)"
        var chain = DraftChain(name: name)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            chain.rules.append(rule(hook, depth: depth + 1))
        }
        if random.chance(50) { chain.rules += defaultDenial(hook) }
        draft.chains.append(chain)
        var rule = DraftRule(verdict: random.chance(75) ? .jump(name) : .goto(name))
        if random.chance(70) { rule.conditions = [condition(hook)] }
        return rule
    }

    private mutating func condition(_ hook: DraftChain.Hook) -> DraftCondition {
        let isNegated = random.chance(15)
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            return DraftCondition(.interface, some(of: ["eth0", "eth1", "lan0", "lo"]), isNegated: isNegated)
        case 2, 3: return DraftCondition(.protocols, some(of: ["udp", "tcp", "icmp"]), isNegated: isNegated)
        case 4: return DraftCondition(.udpPort, some(of: ["53", "67", "123", "5353"]), isNegated: isNegated)
        case 5: return DraftCondition(.tcpPort, some(of: ["22", "80", "443", "8080"]), isNegated: isNegated)
        case 6:
            return DraftCondition(.state, some(of: ["new", "invalid", "established"]), isNegated: isNegated)
        // Negated, this condition would match every outgoing packet.
        case 7:
            return DraftCondition(.source, some(of: Self.networks), isNegated: hook == .input && isNegated)
        case 8:
            return DraftCondition(
                .destination, some(of: hook == .input ? Self.groups : Self.networks), isNegated: isNegated)
        case 9 where hook == .input: return DraftCondition(.packetType, some(of: ["multicast", "broadcast"]))
        case 10 where hook == .input:
            return DraftCondition(.addressType, some(of: ["multicast", "broadcast", "local"]))
        // Only outgoing packets have a user.
        case 9, 10: return DraftCondition(.user, some(of: ["0", "1000", "33"]))
        default: return DraftCondition(.mark, some(of: ["0x1", "0x2f", "0x100"]), isNegated: isNegated)
        }
    }

    private static let networks = ["10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "198.51.100.7"]
    /// Values for the destination of incoming packets: multicast, broadcast, the host.
    private static let groups = ["224.0.0.0/4", "255.255.255.255", "6.6.6.2"]
}
