// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Rule {
    /// A rule that planning takes for the same and that needs a tenth of the memory, unless it has to do with
    /// our objects, with interfaces or ports, or leads elsewhere. In chains of thousands of rules that is what counts.
    public var condensed: Rule {
        if Mark.isOn(mark) || expressions.contains(where: \.isKept) { return self }
        let all = Condensed.classes.map { evaluator in
            var state = PacketState(hook: .input)
            return evaluator.meaning(of: self, &state)
        }
        guard let first = all.first, all.allSatisfy({ !$0.match.forStranger && !$0.changes }) else {
            return self
        }
        let isForeign = first.isOfOtherProtocol
        guard isForeign || first.failed == .peer else { return self }
        let isOfUDP = !isForeign && first.passed.contains(.transport)
        guard isForeign || first.passed.isSubset(of: [.family, .transport]),
            let plain = Condensed.expressions(for: first.ending, isForeign: isForeign, isOfUDP: isOfUDP)
        else { return self }
        var copy = self
        copy.expressions = usesXtables ? plain + Condensed.xtables : plain
        copy.comment = nil
        return copy
    }
}

/// The shortest expressions of each kind, shared by all rules of it.
private enum Condensed {
    /// Packets that are told apart by protocol.
    static let classes: [Evaluator] = [PacketClass.Kind.service(port: nil), .tcp, .anyProtocol].map { kind in
        Evaluator(packets: PacketClass(kind, .input, on: nil), index: RulesetIndex(Ruleset()))
    }

    /// Marks a rule as one of iptables, and changes nothing about what it means.
    static let xtables: [Expression] = [.match(name: "comment", revision: 0, data: [])]

    /// A source that is singled out.
    private static let condition: [Expression] = [
        .payload(.network, offset: 12, length: 4), .compare(.equal, [0, 0, 0, 0]),
    ]
    private static let tcp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [6])] + condition
    private static let udp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [17])] + condition
    private static let endings: [RuleMeaning.Ending: Expression] = [
        .accept: .verdict(.accept), .drop: .verdict(.drop), .reject: .reject, .return: .verdict(.return),
    ]
    private static let all: [RuleMeaning.Ending: [[Expression]]] = endings.mapValues { ending in
        [condition + [ending], tcp + [ending], udp + [ending]]
    }
    private static let none: [Expression] = [.log]

    static func expressions(
        for ending: RuleMeaning.Ending, isForeign: Bool, isOfUDP: Bool
    ) -> [Expression]? {
        ending == .none ? none : all[ending]?[isForeign ? 1 : isOfUDP ? 2 : 0]
    }
}

extension Expression {
    /// Whether it leads to a chain, remembers, or concerns a set that may be one of ours.
    fileprivate var isKept: Bool {
        switch self {
        case .verdict(.jump), .verdict(.goto), .verdictMap, .instruction(.verdictMap),
            .instruction(.dynamicSet):
            true
        case .lookup(let set, _): ["teredowall-ports", "teredowall-static", "ports", "static"].contains(set)
        default: false
        }
    }
}
