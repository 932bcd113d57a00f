// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Openings {
    /// The rules of one direction in iptables' form: one for each port, and one for each other row. All of them match
    /// only during `span` (seconds since 1970).
    func iptablesRules(_ direction: Direction, during span: ClosedRange<UInt32>) -> [NewRule] {
        var rules: [NewRule] = []
        func add(_ purpose: String, _ matches: [Statement]) {
            let comment = "\(Mark.prefix)\(purpose), \(direction.word)"
            rules.append(
                NewRule(
                    matches + [
                        .xtables(.time(span)), .xtables(.comment(comment)), .counter, .accept,
                    ]))
        }
        for opening in service { add("Teredo service port", opening.iptablesMatches(direction)) }
        let toStaticPort = Statement.xtables(.udpDestinationPort(RFC4380.wellKnownPort))
        switch direction {
        case .input where multicast:
            add("Teredo local discovery", [.matchUDP, .ipDestination(RFC4380.discoveryGroup), toStaticPort])
        case .output:
            if let clientUser {
                add("Teredo solicitation", [.matchUDP, toStaticPort, .xtables(.owner(user: clientUser))])
            }
        case .input: break
        }
        if igmp { add("IGMP", [.matchIGMP]) }
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
    /// The rule with the time span `span`; the same rule if it has none.
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
