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
