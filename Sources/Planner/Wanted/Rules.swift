// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Openings {

    /// The rules of one direction, in order, as they read in this table.
    func rules(_ direction: Direction, in table: TableName) -> [NewRule] {
        let sets = SetNames(in: table)
        var rules: [NewRule] = []
        func add(_ what: String, _ matches: Statement...) {
            let comment = "\(Mark.prefix)\(what), \(direction.word)"
            rules.append(NewRule(matches + [.counter, .accept], comment: comment))
        }
        switch direction {
        case .input:
            add("Teredo service port", .matchIPv4, .udpDestinationPort(inSet: sets.ports.name))
            if multicast {
                add(
                    "Teredo local discovery", .ipDestination(RFC4380.discoveryGroup),
                    .udpDestinationPort(inSet: sets.standing.name))
            }
        case .output:
            add("Teredo service port", .matchIPv4, .udpSourcePort(inSet: sets.ports.name))
            if let clientUser {
                add(
                    "Teredo solicitation", .matchIPv4, .udpDestinationPort(inSet: sets.standing.name),
                    .socketUser(clientUser))
            }
        }
        if igmp { add("IGMP", .matchIPv4, .matchIGMP) }
        return rules
    }

    /// What the two sets of a table shall hold.
    func elements(of sets: SetNames, lease: Duration) -> [(set: SetName, elements: [PortElement])] {
        [
            (sets.ports, ports.map { PortElement($0, timeout: lease) }),
            (sets.standing, [PortElement(RFC4380.wellKnownPort, timeout: lease)]),
        ]
    }
}
