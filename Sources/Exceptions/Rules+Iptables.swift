// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Openings {
    /// The rules of one direction as iptables writes them: one a port, all of which expire after this second.
    func iptablesRules(_ direction: Direction, until second: UInt32) -> [RuleText] {
        var rules: [RuleText] = []
        func add(_ what: String, _ matches: Statement...) {
            let comment = "\(Mark.prefix)\(what), \(direction.word)"
            rules.append(
                RuleText(
                    matches + [
                        .xtables(.until(second)), .xtables(.comment(comment)), .counter, .accept,
                    ]))
        }
        for port in ports {
            let match: XtablesMatch = direction == .input ? .udpDestinationPort(port) : .udpSourcePort(port)
            add("Teredo service port", .isUDP, .xtables(match))
        }
        let toStaticPort = Statement.xtables(.udpDestinationPort(Self.staticPort))
        switch direction {
        case .input where multicast:
            add("Teredo local discovery", .isUDP, .ipDestination(Self.discoveryGroup), toStaticPort)
        case .output:
            if let clientUser {
                add("Teredo solicitation", .isUDP, toStaticPort, .xtables(.owner(user: clientUser)))
            }
        case .input: break
        }
        if igmp { add("IGMP", .isIGMP) }
        return rules
    }
}

extension RuleText {
    /// The same rule with another last second.
    func expiring(at second: UInt32) -> RuleText {
        var copy = self
        copy.statements = statements.map { statement in
            if case .xtables(let match) = statement, match.name == "time" {
                .xtables(.until(second))
            } else {
                statement
            }
        }
        return copy
    }
}
