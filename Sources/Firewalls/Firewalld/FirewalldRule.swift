// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner

/// A rich rule of ours, as firewalld writes it.
///
/// Rich rules have no room for a comment, so the priority is the mark: rules of exactly our form with a
/// priority of ours are ours, whoever added them (an instance that was killed, or a saved copy of the runtime
/// configuration). An administrator's rule for the same port, which has another priority or none, never is.
///
/// Positive priorities this high are decided after all that the zone allows and denies, just before its
/// default: an administrator's denial keeps winning.
struct FirewalldRule: Hashable, Sendable {
    /// What a rule opens.
    enum Opening: Hashable, Sendable {
        case port(UInt16)
        /// Local discovery.
        case multicast
        case igmp

        /// The part of the rule after its priority.
        var text: String {
            switch self {
            case .port(let port): #"family="ipv4" port port="\#(port)" protocol="udp" accept"#
            case .multicast:
                #"family="ipv4" destination address="224.0.0.253" port port="3544" protocol="udp" accept"#
            case .igmp: #"family="ipv4" protocol value="igmp" accept"#
            }
        }
    }

    /// Timeouts cannot be prolonged, so a renewal is the same rule with the next priority. Two would do, but
    /// firewalld forgets rules at a reload and not their timers: a rule added again while such a timer runs
    /// is removed early. The others are for this.
    static let slots = 8

    var opening: Opening
    var priority: Int

    /// The priorities of our rules.
    static func priorities(_ position: Policy.Position) -> Range<Int> {
        switch position {
        case .default: 32544..<32544 + slots
        case .first: -32544..<(-32544 + slots)
        }
    }

    var text: String { #"rule priority="\#(priority)" \#(opening.text)"# }
}

extension FirewalldRule {
    /// A rule as firewalld lists it; nil when it is not ours.
    init?(text: String) {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count > 2, let priority = Int(parts[1]),
            Policy.Position.allCases.contains(where: { Self.priorities($0).contains(priority) })
        else { return nil }
        // The number of a port is the last but one thing in quotes.
        let port = parts.count > 5 ? UInt16(parts[5]).map(Opening.port) : nil
        for opening in [port, .multicast, .igmp].compactMap(\.self) {
            let rule = FirewalldRule(opening: opening, priority: priority)
            if rule.text == text {
                self = rule
                return
            }
        }
        return nil
    }

    /// What shall be open, as rules open it.
    static func openings(_ openings: Openings) -> [Opening] {
        openings.ports.map(Opening.port) + (openings.multicast ? [.multicast] : [])
            + (openings.igmp ? [.igmp] : [])
    }
}
