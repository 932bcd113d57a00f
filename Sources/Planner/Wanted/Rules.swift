// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Openings {
    /// The rules of one direction, in order, for the sets of this table.
    func rules(_ direction: Direction, in table: TableName) -> [NewRule] {
        let sets = SetNames(in: table)
        var rules: [NewRule] = []
        func add(_ purpose: String, _ matches: Statement...) {
            let comment = "\(Mark.prefix)\(purpose), \(direction.word)"
            rules.append(NewRule(matches + [.counter, .accept], comment: comment))
        }
        switch direction {
        case .input:
            add("Teredo service port", .matchIPv4, .udpDestinationPort(inSet: sets.ports.name))
            add("Teredo service port", .ipDestinationAndPort(inSet: sets.addresses.name))
            if multicast {
                add(
                    "Teredo local discovery", .ipDestination(RFC4380.discoveryGroup),
                    .udpDestinationPort(inSet: sets.staticPort.name))
            }
        case .output:
            add("Teredo service port", .matchIPv4, .udpSourcePort(inSet: sets.ports.name))
            add("Teredo service port", .ipSourceAndPort(inSet: sets.addresses.name))
            if let clientUser {
                add(
                    "Teredo solicitation", .matchIPv4, .udpDestinationPort(inSet: sets.staticPort.name),
                    .socketUser(clientUser))
            }
        }
        if igmp { add("IGMP", .matchIPv4, .matchProtocol(inSet: sets.protocols.name)) }
        return rules
    }

    /// The wanted elements of a table's sets.
    func elements(of sets: SetNames, lease: Duration) -> [(set: SetName, elements: [TimedElement])] {
        [
            (sets.ports, service.filter { $0.address == nil }.map { TimedElement($0.port, timeout: lease) }),
            (
                sets.addresses,
                service.filter { $0.address != nil }
                    .map { TimedElement($0.port, at: $0.address, timeout: lease) }
            ),
            (sets.staticPort, [TimedElement(RFC4380.wellKnownPort, timeout: lease)]),
        ] + (igmp ? [(sets.protocols, [.igmp(timeout: lease)])] : [])
    }
}
