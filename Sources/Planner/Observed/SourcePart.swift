// SPDX-License-Identifier: GPL-2.0-or-later

/// A part of the packets of a class, by the source that the ruleset singles out.
enum SourcePart: Hashable {
    /// From sources that no rule singles out.
    case stranger
    /// From the network that the interface is attached to.
    case neighbour
    /// From the sources that a rule leads to a chain of their own.
    case zone(Zone)

    /// A rule with a condition on the source, and the jump or goto that it makes.
    struct Zone: Hashable {
        let rule: Denial.Key
        let ending: RuleMeaning.Ending
    }

    var isStranger: Bool { self == .stranger }

    var zone: Zone? { if case .zone(let zone) = self { zone } else { nil } }
}

extension PacketClass {
    /// The packets of the class from these sources.
    func from(_ part: SourcePart) -> PacketClass {
        guard part == .neighbour, let network = interface?.network else { return self }
        return PacketClass(
            kind, direction, on: interface, user: user, source: Bits(assumed: network, .peer))
    }
}
