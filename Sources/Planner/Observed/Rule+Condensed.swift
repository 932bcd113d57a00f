// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Rule {
    /// A rule that planning takes for the same and that needs a tenth of the memory, unless it has to do with
    /// our objects. In chains of thousands of rules that is what counts.
    public var condensed: Rule {
        if Mark.isOn(mark) || expressions.contains(where: \.mayConcernUs) { return self }
        let effect = effect
        if effect != effectOnInterface { return self }
        let plain = Condensed.expressions(for: effect)
        var copy = self
        copy.expressions = usesXtables ? plain + Condensed.xtables : plain
        copy.comment = nil
        return copy
    }
}

/// The shortest expressions of each effect, shared by all rules that have it.
private enum Condensed {
    /// Marks a rule as one of iptables, and changes nothing about its effect.
    static let xtables: [Expression] = [.match(name: "comment", revision: 0, data: [])]

    private static let accepts: [Expression] = [.verdict(.accept)]
    private static let denies: [Expression] = [.verdict(.drop)]
    private static let queues: [Expression] = [.other("queue")]
    private static let returns: [Expression] = [.verdict(.return)]
    private static let returnsSome: [Expression] = [.other("condition"), .verdict(.return)]
    private static let passes: [Expression] = [.log]
    private static let saysNo: [Expression] = [.limit, .reject]
    private static let matters: [Expression] = [.other("condition")]

    static func expressions(for effect: RuleEffect) -> [Expression] {
        switch effect {
        case .accepts: accepts
        case .denies: denies
        case .queues: queues
        case .returns: returns
        case .returnsSome: returnsSome
        case .passes: passes
        case .saysNo: saysNo
        // Those that lead to other chains are not condensed.
        case .matters, .jumps, .goes: matters
        }
    }
}

extension Expression {
    /// Whether it leads to a chain, or to a set that may be one of ours.
    fileprivate var mayConcernUs: Bool {
        switch self {
        case .verdict(.jump), .verdict(.goto), .verdictMap: true
        case .lookup(let set, _): ["teredowall-ports", "teredowall-static", "ports", "static"].contains(set)
        default: false
        }
    }
}
