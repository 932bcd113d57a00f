// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// What a rule does to a UDP packet over IPv4 that no earlier rule has decided about.
enum RuleEffect: Hashable {
    /// Accepts each of them.
    case accepts
    /// Drops or rejects each of them.
    case denies
    /// Hands each of them to a program, which decides.
    case queues
    case returns
    /// Returns some of them, so that what follows is not about all.
    case returnsSome
    /// Sends each of them to another chain, perhaps because they are UDP.
    case jumps(String, asUDP: Bool = false)
    case goes(String, asUDP: Bool = false)
    /// Decides about none and changes nothing: counts, logs, or denies what is not such a packet.
    case passes
    /// Rejects UDP because it is UDP, or denies so many packets a second: an explicit denial, unless everything
    /// after it denies as well. Then it only chooses how the default says no.
    case saysNo
    /// Decides about some of them, changes something, or is not understood.
    case matters
}

extension Rule {
    var effect: RuleEffect { effect(ofAll: expressions[...]) }

    /// The effect on packets of the interface that the rule is about, if it is about one.
    var effectOnInterface: RuleEffect {
        var rest = expressions[...]
        while rest.first?.isInterface == true, rest.count >= 2, rest[rest.startIndex + 1].isComparison {
            rest = rest.dropFirst(2)
        }
        return effect(ofAll: rest)
    }

    /// The map that tells by the interface alone what becomes of a packet.
    var interfaceMap: SetName? {
        let steps = expressions.filter { !$0.isSilent }
        guard steps.count == 2, steps[0].isInterface, case .verdictMap(let map) = steps[1] else { return nil }
        return SetName(chain.table, map)
    }

    private func effect(ofAll expressions: ArraySlice<Expression>) -> RuleEffect {
        var rest = expressions
        var scope = Scope.all
        while let condition = Self.condition(at: rest) {
            scope = Swift.max(scope, condition)
            rest = rest.dropFirst(2)
        }
        let final = Self.finalEffect(of: rest)
        switch (scope, final) {
        case (_, .passes), (.all, _): return final
        case (.none, .denies), (.none, .saysNo): return .passes
        case (.udp, .denies) where rest.contains(where: \.isRejection): return .saysNo
        case (.udp, .saysNo), (.udp, .accepts), (.udp, .returns), (.udp, .returnsSome): return final
        case (.udp, .jumps(let target, _)): return .jumps(target, asUDP: true)
        case (.udp, .goes(let target, _)): return .goes(target, asUDP: true)
        default: return .matters
        }
    }

    /// To how many UDP packets over IPv4 a condition applies, and whether it says so by protocol.
    private enum Scope: Int, Comparable {
        case all, udp, none

        static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
    }

    /// `meta nfproto N`, `meta l4proto N` or `ip protocol N` at the head of `expressions`.
    private static func condition(at expressions: ArraySlice<Expression>) -> Scope? {
        guard expressions.count >= 2,
            case .compare(.equal, let bytes) = expressions[expressions.startIndex + 1], bytes.count == 1
        else { return nil }
        switch expressions[expressions.startIndex] {
        case .meta(.familyProtocol): return bytes[0] == 2 ? .all : Scope.none
        case .meta(.layer4Protocol), .payload(.network, offset: 9, length: 1):
            return bytes[0] == 17 ? .udp : Scope.none
        default: return nil
        }
    }

    /// The effect of a rule on what its conditions on protocols let through.
    private static func finalEffect(of expressions: ArraySlice<Expression>) -> RuleEffect {
        if let decision = expressions.lazy.compactMap(\.decision).first {
            if expressions.allSatisfy(\.isUnconditional) { return decision }
            if decision == .denies, isOnlyLimited(expressions) { return .saysNo }
            return decision == .returns ? .returnsSome : .matters
        }
        return expressions.allSatisfy(\.isHarmless) ? .passes : .matters
    }
}

extension Rule {
    /// Whether nothing but a rate, and whom the frame was for, decides which packets reach the end of the rule.
    private static func isOnlyLimited(_ expressions: ArraySlice<Expression>) -> Bool {
        var rest = expressions
        var hasLimit = false
        while let first = rest.popFirst() {
            switch first {
            case .limit, .match("limit", _, _): hasLimit = true
            case .match("pkttype", _, _): break
            case .meta(.packetType) where rest.first?.isComparison == true: rest = rest.dropFirst()
            default: guard first.isUnconditional else { return false }
            }
        }
        return hasLimit
    }
}

extension Verdict {
    /// What it does to the packets that it is the verdict on.
    var effect: RuleEffect? { Expression.verdict(self).decision }
}

extension Expression {
    /// What it does to every packet that reaches it, if it ends the rule.
    fileprivate var decision: RuleEffect? {
        switch self {
        case .verdict(.accept): .accepts
        case .verdict(.drop), .reject, .target("REJECT", _, _): .denies
        case .verdict(.return): .returns
        case .verdict(.jump(let target)): .jumps(target)
        case .verdict(.goto(let target)): .goes(target)
        case .other("queue"), .target("NFQUEUE", _, _): .queues
        default: nil
        }
    }

    fileprivate var isInterface: Bool {
        switch self {
        case .meta(.interfaceIndexIn), .meta(.interfaceNameIn), .meta(.interfaceIndexOut),
            .meta(.interfaceNameOut):
            true
        default: false
        }
    }

    fileprivate var isComparison: Bool {
        switch self {
        case .compare, .lookup: true
        default: false
        }
    }

    /// Whether it neither decides about packets nor reads anything of them.
    fileprivate var isSilent: Bool {
        switch self {
        case .counter, .log: true
        default: false
        }
    }

    fileprivate var isRejection: Bool {
        switch self {
        case .reject, .target("REJECT", _, _): true
        default: false
        }
    }

    /// Whether every packet that reaches it goes on to the next expression, or is decided about.
    private var isLoad: Bool {
        switch self {
        case .meta, .payload: true
        case .other(let name): Self.loads.contains(name)
        default: false
        }
    }

    fileprivate var isUnconditional: Bool {
        switch self {
        case .counter, .log, .verdict, .reject, .match("comment", _, _): true
        case .target(let name, _, _): Self.quietTargets.contains(name) || decision != nil
        case .other(let name): decision != nil || name.hasSuffix(" set") || Self.loads.contains(name)
        default: isLoad
        }
    }

    /// Whether a rule without a verdict may contain it and still leave the packet and the host as they are.
    fileprivate var isHarmless: Bool {
        switch self {
        case .compare, .lookup, .counter, .log, .limit, .match, .verdict(.continue): true
        case .target(let name, _, _): Self.quietTargets.contains(name)
        case .other(let name): Self.loads.contains(name) || Self.conditions.contains(name)
        default: isLoad
        }
    }

    private static let quietTargets: Set<String> = ["LOG", "NFLOG"]
    private static let loads: Set<String> = [
        "meta", "payload", "ct", "fib", "rt", "socket", "osf", "numgen", "hash", "exthdr", "tunnel", "xfrm",
        "bitwise", "byteorder", "immediate", "last", "map",
    ]
    private static let conditions: Set<String> = ["cmp", "range", "connlimit", "limit over"]
}
