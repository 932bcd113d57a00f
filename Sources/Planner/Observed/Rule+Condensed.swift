// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Rule {
    /// A rule that leads to the same plans in a tenth of the memory, for chains of thousands of rules. The rule itself if
    /// it concerns our objects, interfaces or ports, or leads to another chain.
    public var condensed: Rule {
        if Mark.isMark(anyComment) || expressions.contains(where: \.isKept) || namesPrivateNetwork {
            return self
        }
        let all = Condensed.evaluators.map { evaluator in
            var state = PacketState(hook: .input)
            return evaluator.meaning(of: self, &state)
        }
        guard let first = all.first, all.allSatisfy({ !$0.match.forStranger && !$0.changes }) else {
            return self
        }
        let isOfOtherProtocol = first.isOfOtherProtocol
        // A stranger's packet does not match because of its source address, whatever its ports.
        let isByPeer = first.failed.contains(.peer) && first.failed.isSubset(of: [.peer, .port])
        guard isOfOtherProtocol || isByPeer else { return self }
        let isOfUDP = !isOfOtherProtocol && first.passed.contains(.transport)
        guard isOfOtherProtocol || first.passed.isSubset(of: [.family, .transport]),
            let plain = Condensed.expressions(
                for: first.ending, isOfOtherProtocol: isOfOtherProtocol, isOfUDP: isOfUDP)
        else { return self }
        var copy = self
        copy.expressions = usesXtables ? plain + Condensed.xtables : plain
        copy.comment = nil
        return copy
    }
}

extension Rule {
    /// True when the rule is about a network of private addresses, to which this host may be attached. Rules about other
    /// networks, of which there may be thousands, are condensed.
    private var namesPrivateNetwork: Bool {
        // True while all 4 bytes of an address are compared; true once a source address is loaded.
        var (isWhole, isOfSource) = (true, false)
        for expression in expressions {
            switch expression {
            case .payload(.network, offset: 12, let length), .instruction(.payload(1, 12, let length, _)):
                (isWhole, isOfSource) = (length == 4, true)
            case .instruction(.mask): isWhole = false
            case .lookup, .instruction(.lookup): if isOfSource { return true }
            case .compare(_, let bytes), .instruction(.compare(_, _, let bytes)),
                .instruction(.range(_, _, let bytes, _)):
                if !isWhole || expression.isRange, Self.privateStarts.contains(bytes.first ?? 0) {
                    return true
                }
            default: break
            }
        }
        return false
    }

    /// The first bytes of 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12 and 192.168.0.0/16.
    private static let privateStarts: [UInt8] = [10, 100, 169, 172, 192]
}

/// The shortest expressions of each kind of condensed rule, shared by all rules of the kind.
private enum Condensed {
    /// Evaluators for the classes of packets that rules distinguish by protocol.
    static let evaluators = [PacketClass.Kind.service(port: nil), .tcp, .anyProtocol].map { kind in
        Evaluator(packets: PacketClass(kind, .input, on: nil), index: RulesetIndex(Ruleset()))
    }

    /// Marks a rule as written by iptables without changing its meaning.
    static let xtables: [Expression] = [.match(name: "comment", revision: 0, data: [])]

    /// A condition on the source address.
    private static let condition: [Expression] = [
        .payload(.network, offset: 12, length: 4), .compare(.equal, [0, 0, 0, 0]),
    ]
    private static let tcp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [6])] + condition
    private static let udp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [17])] + condition
    private static let endings: [RuleMeaning.Ending: Expression] = [
        .accept: .verdict(.accept), .drop: .verdict(.drop), .reject: .reject, .return: .verdict(.return),
    ]
    /// For each ending, the rules for all protocols, for TCP and for UDP.
    private static let all: [RuleMeaning.Ending: [[Expression]]] = endings.mapValues { ending in
        [condition + [ending], tcp + [ending], udp + [ending]]
    }
    /// A rule without a verdict.
    private static let none: [Expression] = [.log]

    static func expressions(
        for ending: RuleMeaning.Ending, isOfOtherProtocol: Bool, isOfUDP: Bool
    ) -> [Expression]? {
        ending == .none ? none : all[ending]?[isOfOtherProtocol ? 1 : isOfUDP ? 2 : 0]
    }
}

extension Expression {
    fileprivate var isRange: Bool { if case .instruction(.range) = self { true } else { false } }

    /// True when a rule with this expression is not condensed: the expression leads to a chain, adds to a set, or looks
    /// up a set with the name of one of our sets.
    fileprivate var isKept: Bool {
        switch self {
        case .verdict(.jump), .verdict(.goto), .verdictMap, .instruction(.verdictMap),
            .instruction(.dynamicSet):
            true
        case .lookup(let set, _), .instruction(.lookup(let set, _, _)):
            SetNames(in: .teredowall).contains(set) || set.hasPrefix("teredowall-")
        default: false
        }
    }
}
