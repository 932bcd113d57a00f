// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// One kind of packets that the exception lets through: a row of the table in the documentation.
public enum Row: String, Hashable, Sendable, CaseIterable {
    /// To the service port.
    case servicePortIn = "I1"
    /// Local discovery, to 224.0.0.253.
    case discovery = "I2"
    /// From the service port.
    case servicePortOut = "O1"
    /// The client's first packets, to UDP 3544.
    case solicitation = "O2"
    case igmpIn = "IGMP-in"
    case igmpOut = "IGMP-out"

    public var direction: Direction {
        switch self {
        case .servicePortIn, .discovery, .igmpIn: .input
        case .servicePortOut, .solicitation, .igmpOut: .output
        }
    }

    /// All rows of a direction.
    static func all(_ direction: Direction) -> Set<Row> {
        Set(allCases.filter { $0.direction == direction })
    }

    /// The comment of the rules for the row, by which ``NewRule/row`` recognises them.
    var comment: String {
        let words =
            switch self {
            case .servicePortIn, .servicePortOut: "Teredo service port"
            case .discovery: "Teredo local discovery"
            case .solicitation: "Teredo solicitation"
            case .igmpIn, .igmpOut: "IGMP"
            }
        return "\(Mark.prefix)\(words), \(direction.word)"
    }

    /// The row of a rule with this comment; nil if no exception of ours has the comment.
    init?(comment: String?) {
        guard let comment, let row = Self.allCases.first(where: { $0.comment == comment }) else { return nil }
        self = row
    }
}

extension NewRule {
    /// The row that the rule is for; nil for rules that are no exceptions, such as jumps. Rules in iptables' form have
    /// their comment in an xtables match.
    var row: Row? {
        Row(comment: comment ?? expressions(in: .ip).lazy.compactMap(\.xtablesComment).first)
    }
}
