// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Openings {
    /// The rules of one direction in iptables' form: one for each port, and one for each other row. All of them match
    /// only during `span` (seconds since 1970).
    func iptablesRules(_ direction: Direction, during span: ClosedRange<UInt32>) -> [NewRule] {
        var rules: [NewRule] = []
        func add(_ row: Row, _ matches: [Statement]) {
            rules.append(
                NewRule(
                    matches + [
                        .xtables(.time(span)), .xtables(.comment(row.comment)), .counter, .accept,
                    ]))
        }
        for opening in service {
            add(
                direction == .input ? .servicePortIn : .servicePortOut,
                opening.iptablesMatches(direction))
        }
        let toWellKnownPort = Statement.xtables(.udpDestinationPort(RFC4380.wellKnownPort))
        switch direction {
        case .input:
            if multicast {
                add(.discovery, [.matchUDP, .ipDestination(RFC4380.discoveryGroup), toWellKnownPort])
            }
        case .output:
            if let clientUser {
                add(.solicitation, [.matchUDP, toWellKnownPort, .xtables(.owner(user: clientUser))])
            }
        }
        if igmp { add(direction == .input ? .igmpIn : .igmpOut, [.matchIGMP]) }
        return rules
    }
}

extension Opening {
    /// The conditions of the rule for the opening.
    fileprivate func iptablesMatches(_ direction: Direction) -> [Statement] {
        switch direction {
        case .input:
            [.matchUDP] + (address.map { [.ipDestination($0)] } ?? []) + [.xtables(.udpDestinationPort(port))]
        case .output:
            [.matchUDP] + (address.map { [.ipSource($0)] } ?? []) + [.xtables(.udpSourcePort(port))]
        }
    }
}

extension NewRule {
    /// The rule with `span` in its time match; the unchanged rule if it has no time match.
    func matching(during span: ClosedRange<UInt32>) -> NewRule {
        var copy = self
        copy.statements = statements.map { statement in
            if case .xtables(let match) = statement, match.name == "time" {
                .xtables(.time(span))
            } else {
                statement
            }
        }
        return copy
    }
}
