// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Openings {
    /// The rules of one direction, in order, for the sets of this table.
    func rules(_ direction: Direction, in table: TableName) -> [NewRule] {
        let sets = SetNames(in: table)
        var rules: [NewRule] = []
        func add(_ row: Row, _ matches: Statement...) {
            rules.append(NewRule(matches + [.counter, .accept], comment: row.comment))
        }
        switch direction {
        case .input:
            add(.servicePortIn, .matchIPv4, .udpDestinationPort(inSet: sets.ports.name))
            add(.servicePortIn, .ipDestinationAndPort(inSet: sets.addresses.name))
            if multicast {
                add(
                    .discovery, .ipDestination(RFC4380.discoveryGroup),
                    .udpDestinationPort(inSet: sets.standingPort.name))
            }
        case .output:
            add(.servicePortOut, .matchIPv4, .udpSourcePort(inSet: sets.ports.name))
            add(.servicePortOut, .ipSourceAndPort(inSet: sets.addresses.name))
            if let clientUser {
                add(
                    .solicitation, .matchIPv4, .udpDestinationPort(inSet: sets.standingPort.name),
                    .socketUser(clientUser))
            }
        }
        if igmp {
            add(
                direction == .input ? .igmpIn : .igmpOut, .matchIPv4,
                .matchProtocol(inSet: sets.protocols.name))
        }
        return rules
    }

    /// The wanted elements of a table's sets, each with `lease` as its timeout.
    func elements(of sets: SetNames, lease: Duration) -> [(set: SetName, elements: [TimedElement])] {
        [
            (sets.ports, service.filter { $0.address == nil }.map { TimedElement($0.port, timeout: lease) }),
            (
                sets.addresses,
                service.filter { $0.address != nil }
                    .map { TimedElement($0.port, at: $0.address, timeout: lease) }
            ),
            (sets.standingPort, [TimedElement(RFC4380.wellKnownPort, timeout: lease)]),
        ] + (igmp ? [(sets.protocols, [.igmp(timeout: lease)])] : [])
    }
}
