// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
internal import Synchronization

extension Rule {
    /// A rule that leads to the same plans in a tenth of the memory, for chains of thousands of rules. The rule itself if
    /// it concerns our objects, interfaces or ports, or leads to another chain.
    public var condensed: Rule {
        if Mark.isMark(anyComment) || expressions.contains(where: \.isKept) || namesSpecialNetwork {
            return self
        }
        guard let form = condensedForm, let plain = form.expressions else { return self }
        var copy = self
        copy.expressions = usesXtables ? plain + CondensedForm.xtables : plain
        copy.comment = nil
        return copy
    }

    /// The form of the condensed rule; nil if the rule is kept as it is.
    private var condensedForm: CondensedForm? {
        let all = CondensedForm.evaluators.map(meaning)
        guard all.allSatisfy({ !$0.match.forStranger && !$0.changes }) else { return nil }
        let (udp, tcp) = (all[0], all[1])
        var form = CondensedForm(ending: udp.ending)
        guard udp.isOfOtherProtocol else {
            guard udp.passed.isSubset(of: [.family, .transport]), udp.failed.contains(.peer),
                udp.failed.isSubset(of: [.peer, .port])
            else { return nil }
            form.transport = udp.passed.contains(.transport) ? .udp : .all
            form.conditions = udp.failed.contains(.port) ? [.source, .port] : .source
            return form
        }
        form.transport = tcp.isOfOtherProtocol ? .others : .tcp
        if tcp.isOfOtherProtocol { return form }
        form.interface = interfaceCondition
        guard form.addConditions(of: tcp, outgoing: meaning(CondensedForm.outgoingTCP)) else { return nil }
        // Whether a rule opens one of these ports to everybody matters in the search for kill switches.
        let isOfService =
            form.conditions == .port
            && CondensedForm.flowsToServices.contains { meaning($0).match != .no }
        return isOfService ? nil : form
    }

    private func meaning(_ evaluator: Evaluator) -> RuleMeaning {
        var state = PacketState(hook: evaluator.packets.direction.hook)
        return evaluator.meaning(of: self, &state)
    }

    /// The first condition on the name of an interface: its load and its comparison. Empty if there is none.
    private var interfaceCondition: [Expression] {
        for (load, comparison) in zip(expressions, expressions.dropFirst()) {
            guard case .compare = comparison else { continue }
            switch load {
            case .meta(.interfaceNameIn), .meta(.interfaceNameOut): return [load, comparison]
            default: continue
            }
        }
        return []
    }
}

extension Rule {
    /// True when the rule is about a network of private addresses, to which this host may be attached, or of addresses that
    /// no host has. Rules about other networks, of which there may be thousands, are condensed.
    private var namesSpecialNetwork: Bool {
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
                let first = bytes.first ?? 0
                let isKept = Self.privateStarts.contains(first) || first >= Self.firstOfNoHost
                if !isWhole || expression.isRange, isKept { return true }
            default: break
            }
        }
        return false
    }

    /// The first bytes of 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12 and 192.168.0.0/16.
    private static let privateStarts: [UInt8] = [10, 100, 169, 172, 192]
    /// The first byte of 224.0.0.0, the first of the addresses that are not the source of any packet.
    private static let firstOfNoHost: UInt8 = 224
}

/// The properties that a condensed rule keeps.
private struct CondensedForm: Hashable {
    enum Transport: CaseIterable {
        case all, tcp, udp
        /// Protocols other than TCP and UDP.
        case others
    }

    struct Conditions: OptionSet, Hashable {
        let rawValue: UInt8
        static let source = Conditions(rawValue: 1 << 0)
        static let destination = Conditions(rawValue: 1 << 1)
        static let port = Conditions(rawValue: 1 << 2)
    }

    let ending: RuleMeaning.Ending
    var transport = Transport.all
    var conditions: Conditions = []
    /// The expressions of the condition on the interface.
    var interface: [Expression] = []

    /// Evaluators for the classes of packets that rules distinguish by protocol: UDP, TCP, any other.
    static let evaluators = [PacketClass.Kind.service(port: nil), .tcp, .anyProtocol].map {
        evaluator($0, .input)
    }
    static let outgoingTCP = evaluator(.tcp, .output)
    static let flowsToServices = Direction.allCases.flatMap { direction in
        PacketClass.Kind.services.filter(\.isOfTCP).map { evaluator($0, direction) }
    }

    private static func evaluator(_ kind: PacketClass.Kind, _ direction: Direction) -> Evaluator {
        Evaluator(packets: PacketClass(kind, direction, on: nil), index: RulesetIndex(Ruleset()))
    }

    /// Marks a rule as written by iptables without changing its meaning.
    static let xtables: [Expression] = [.match(name: "comment", revision: 0, data: [])]

    init(ending: RuleMeaning.Ending) { self.ending = ending }

    /// Adds the conditions that incoming and outgoing packets of strangers do not fulfil. Returns false if there are others
    /// than this form can have.
    mutating func addConditions(of incoming: RuleMeaning, outgoing: RuleMeaning) -> Bool {
        let failed = incoming.failed.union(outgoing.failed)
        let passed = incoming.passed.union(outgoing.passed)
        let ofInterface: Facets = interface.isEmpty ? [] : .interface
        // The remote host of incoming packets is the source, that of outgoing ones the destination; the other address is
        // the receiver's.
        guard failed.isSubset(of: ofInterface.union([.peer, .receiver, .port])),
            passed.isSubset(of: ofInterface.union([.family, .transport])),
            incoming.failed.contains(.peer) == outgoing.failed.contains(.receiver),
            outgoing.failed.contains(.peer) == incoming.failed.contains(.receiver)
        else { return false }
        if incoming.failed.contains(.peer) { conditions.insert(.source) }
        if outgoing.failed.contains(.peer) { conditions.insert(.destination) }
        if failed.contains(.port) { conditions.insert(.port) }
        return !conditions.isEmpty
    }

    /// The shortest expressions of a rule of this form; nil if the ending has no expression.
    var expressions: [Expression]? {
        if ending == .none { return [.log] }
        let last: Expression
        switch ending {
        case .accept: last = .verdict(.accept)
        case .drop: last = .verdict(.drop)
        case .reject: last = .reject
        case .return: last = .verdict(.return)
        default: return nil
        }
        return Self.shared.withLock { known in
            if let found = known[self] { return found }
            let made = interface + ofTransport + ofConditions + [last]
            known[self] = made
            return made
        }
    }

    /// The expressions of each form so far, shared by all rules of the form. Forms differ in few properties: in most
    /// rulesets there are less than a hundred.
    private static let shared = Mutex<[CondensedForm: [Expression]]>([:])

    private var ofTransport: [Expression] {
        switch transport {
        case .all: []
        case .tcp: [.meta(.layer4Protocol), .compare(.equal, [6])]
        case .udp: [.meta(.layer4Protocol), .compare(.equal, [17])]
        case .others: [.meta(.layer4Protocol), .compare(.equal, [PacketClass.otherUnassignedProtocol])]
        }
    }

    private var ofConditions: [Expression] {
        var all: [Expression] = []
        if conditions.contains(.source) {
            all += [.payload(.network, offset: 12, length: 4), .compare(.equal, [0, 0, 0, 0])]
        }
        if conditions.contains(.destination) {
            all += [.payload(.network, offset: 16, length: 4), .compare(.equal, [0, 0, 0, 0])]
        }
        if conditions.contains(.port) {
            all += [.payload(.transport, offset: 2, length: 2), .compare(.equal, [0, 0])]
        }
        return all
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
