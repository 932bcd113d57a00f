// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The properties that a condensed rule keeps.
struct CondensedForm: Hashable {
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
        return interface + ofTransport + ofConditions + [last]
    }

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
