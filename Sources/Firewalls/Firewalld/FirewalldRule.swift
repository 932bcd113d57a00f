// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner
internal import TeredoProtocol

/// A rich rule of ours, written as firewalld writes it.
///
/// Rich rules have no comment, so that the priority serves as the mark: a rule of exactly our form with a
/// priority of ours counts as ours, including one that a killed process left or that was restored from a
/// saved runtime configuration. An administrator's rule for the same port has another priority or none and
/// never counts as ours.
///
/// Except with `position = "first"`, the priority is so high that our rules are evaluated after everything that the
/// zone allows and denies, directly before its default. An administrator's denial therefore takes precedence.
struct FirewalldRule: Hashable, Sendable {
    /// The packets that a rule accepts.
    enum Opening: Hashable, Sendable {
        /// The service port, on every address or on one.
        case port(UInt16, at: IPv4Address? = nil)
        /// Local discovery.
        case multicast
        case igmp

        /// The part of the rule after its priority.
        var text: String {
            switch self {
            case .port(let port, at: let address?):
                #"family="ipv4" destination address="\#(address)" port port="\#(port)" protocol="udp" accept"#
            case .port(let port, at: nil): #"family="ipv4" port port="\#(port)" protocol="udp" accept"#
            case .multicast:
                Opening.port(RFC4380.wellKnownPort, at: RFC4380.discoveryGroup).text
            case .igmp: #"family="ipv4" protocol value="igmp" accept"#
            }
        }

        /// The opening in a log line.
        var words: String {
            switch self {
            case .port(let port, at: nil): "UDP port \(port)"
            case .port(let port, at: let address?): "UDP port \(port) at \(address)"
            case .multicast: "local discovery"
            case .igmp: "IGMP"
            }
        }
    }

    /// The number of priorities for one opening. firewalld cannot extend a timeout: a renewal adds the rule
    /// with the next priority. Two priorities would do, but a reload removes rules and keeps their timers, and
    /// a rule that is added again while its old timer runs is removed early. With more priorities, one without
    /// such a timer is free.
    static let slots = 8

    var opening: Opening
    var priority: Int

    /// The priorities of our rules for a position: close to the limits of -32768 and 32767, so that hardly any
    /// rule of others has them or is evaluated before (`first`) or after (`default`) ours.
    static func priorities(_ position: Policy.Position) -> Range<Int> {
        switch position {
        case .default: 32544..<32544 + slots
        case .first: -32544..<(-32544 + slots)
        }
    }

    var text: String { #"rule priority="\#(priority)" \#(opening.text)"# }
}

extension FirewalldRule {
    /// Reads a rule as firewalld lists it; nil when it is not ours.
    init?(text: String) {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count > 2, let priority = Int(parts[1]),
            Policy.Position.allCases.contains(where: { Self.priorities($0).contains(priority) })
        else { return nil }
        // The texts in quotes: priority, family, address if any, port.
        let quoted = parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
        let port = quoted.count > 2 ? UInt16(quoted[2]).map { Opening.port($0) } : nil
        let onAddress =
            quoted.count > 3
            ? IPv4Address(quoted[2]).flatMap { address in
                UInt16(quoted[3]).map { Opening.port($0, at: address) }
            } : nil
        // The rule is ours if exactly the same text would be written for one of these openings.
        for opening in [.multicast, port, onAddress, .igmp].compactMap(\.self) {
            let rule = FirewalldRule(opening: opening, priority: priority)
            if rule.text == text {
                self = rule
                return
            }
        }
        return nil
    }

    /// The wanted openings as contents of rules.
    static func openings(_ openings: Openings) -> [Opening] {
        openings.service.map { Opening.port($0.port, at: $0.address) }
            + (openings.multicast ? [.multicast] : [])
            + (openings.igmp ? [.igmp] : [])
    }
}
