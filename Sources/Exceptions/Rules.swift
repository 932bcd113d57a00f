// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Openings {
    /// The port of Teredo servers and of local discovery.
    static let staticPort: UInt16 = 3544
    /// Where Teredo clients of one link look for each other.
    static let discoveryGroup = IPv4Address(224, 0, 0, 253)

    /// The rules of one direction, in order, as they read in this table.
    func rules(_ direction: Direction, in table: TableName) -> [RuleText] {
        let sets = SetNames(in: table)
        var rules: [RuleText] = []
        func add(_ what: String, _ matches: Statement...) {
            let comment = "\(Mark.prefix)\(what), \(direction.word)"
            rules.append(RuleText(matches + [.counter, .accept], comment: comment))
        }
        switch direction {
        case .input:
            add("Teredo service port", .isIPv4, .udpDestinationPort(inSet: sets.ports.name))
            if multicast {
                add(
                    "Teredo local discovery", .ipDestination(Self.discoveryGroup),
                    .udpDestinationPort(inSet: sets.fixed.name))
            }
        case .output:
            add("Teredo service port", .isIPv4, .udpSourcePort(inSet: sets.ports.name))
            if let clientUser {
                add(
                    "Teredo solicitation", .isIPv4, .udpDestinationPort(inSet: sets.fixed.name),
                    .socketUser(clientUser))
            }
        }
        if igmp { add("IGMP", .isIPv4, .isIGMP) }
        return rules
    }

    /// What the two sets of a table shall hold.
    func elements(of sets: SetNames, lease: Duration) -> [(set: SetName, elements: [PortElement])] {
        [
            (sets.ports, ports.map { PortElement($0, timeout: lease) }),
            (sets.fixed, [PortElement(Self.staticPort, timeout: lease)]),
        ]
    }
}

extension Rule {
    /// Whether it is a jump to one of our chains, made by us.
    var isOurJump: Bool {
        guard Mark.isOn(comment), expressions.count == 1, case .verdict(.jump(let target)) = expressions[0]
        else { return false }
        return Direction.allCases.contains { $0.foreignChain == target }
    }

    /// Whether it is one of our exceptions, current or stale: it carries our mark, accepts, and decides by
    /// nothing else than what exceptions decide by.
    var isOurException: Bool {
        guard Mark.isOn(comment), case .verdict(.accept)? = expressions.last else { return false }
        let sets = SetNames(in: chain.table)
        return expressions.dropLast().allSatisfy { expression in
            switch expression {
            case .meta, .payload, .compare, .counter: true
            case .lookup(let set, inverted: false): set == sets.ports.name || set == sets.fixed.name
            default: false
            }
        }
    }

    /// Whether we may remove it.
    var isOurs: Bool { isOurJump || isOurException }
}
