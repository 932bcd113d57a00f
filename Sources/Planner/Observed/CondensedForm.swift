// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// The properties that a condensed rule keeps.
struct CondensedForm: Hashable {
    enum Transport: CaseIterable {
        case all, tcp, udp
        /// Protocols other than TCP and UDP.
        case others
    }

    struct Conditions: OptionSet, Hashable {
        let rawValue: UInt8
        /// On the source address.
        static let source = Conditions(rawValue: 1 << 0)
        static let port = Conditions(rawValue: 1 << 1)
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
    static let outgoingUDP = evaluator(.service(port: nil), .output)
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
        // The source of incoming packets is the remote host, that of outgoing ones the receiver of the replies. Rules about
        // destinations are kept, as these may be groups.
        guard incoming.failed.isSubset(of: ofInterface.union([.peer, .port])),
            outgoing.failed.isSubset(of: ofInterface.union([.receiver, .port])),
            passed.isSubset(of: ofInterface.union([.family, .transport])),
            incoming.failed.contains(.peer) == outgoing.failed.contains(.receiver)
        else { return false }
        if incoming.failed.contains(.peer) { conditions.insert(.source) }
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
        case .tcp: [.meta(.layer4Protocol), .compare(.equal, [IPProtocol.tcp])]
        case .udp: [.meta(.layer4Protocol), .compare(.equal, [IPProtocol.udp])]
        case .others: [.meta(.layer4Protocol), .compare(.equal, [PacketClass.otherUnassignedProtocol])]
        }
    }

    private var ofConditions: [Expression] {
        var all: [Expression] = []
        if conditions.contains(.source) {
            all += [.payload(.network, offset: 12, length: 4), .compare(.equal, [0, 0, 0, 0])]
        }
        if conditions.contains(.port) {
            all += [.payload(.transport, offset: 2, length: 2), .compare(.equal, [0, 0])]
        }
        return all
    }
}
