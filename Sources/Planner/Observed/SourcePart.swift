// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// A part of the packets of a class, selected by the source address.
enum SourcePart: Hashable {
    /// From sources that no rule singles out.
    case stranger
    /// From the network that the interface is attached to.
    case neighbour
    /// From the sources that a rule sends to a chain of their own.
    case zone(Zone)

    /// Sources with a chain of their own: the rule with the condition on the source, and its jump or goto to the chain.
    struct Zone: Hashable {
        let rule: Denial.Key
        let ending: RuleMeaning.Ending
    }

    var isStranger: Bool { self == .stranger }

    var zone: Zone? { if case .zone(let zone) = self { zone } else { nil } }
}

extension Evaluator {
    /// True if some private network, or one of the attached `networks`, fulfils a rule's condition on the remote host; if
    /// the rule has a verdict map, with the verdict `ending`. A rule about such a network makes a zone. A rule about other
    /// networks blocks hosts, even if its chain accepts some of their packets.
    func concernsPrivateHosts(
        _ rule: Rule, _ state: PacketState, _ networks: [IPv4Network], ending: RuleMeaning.Ending? = nil
    ) -> Bool {
        func meaning(_ network: IPv4Network) -> RuleMeaning {
            let packets = PacketClass(
                packets.kind, packets.direction, on: packets.interface, user: packets.user,
                peer: Bits(known: network, .peer))
            var state = state
            return Evaluator(packets: packets, index: index).meaning(of: rule, &state)
        }
        // If even a network of no host may fulfil the condition, the condition cannot be evaluated.
        let ofNoHost = IPv4Network(IPv4Address(240, 0, 0, 0), prefixLength: 4)
        guard meaning(ofNoHost).match == .no else { return false }
        return (Self.privateNetworks + networks).contains { network in
            let found = meaning(network)
            return found.match != .no && (found.branches.isEmpty || found.ending == ending)
        }
    }

    private static let privateNetworks = [
        IPv4Network(IPv4Address(10, 0, 0, 0), prefixLength: 8),
        IPv4Network(IPv4Address(100, 64, 0, 0), prefixLength: 10),
        IPv4Network(IPv4Address(169, 254, 0, 0), prefixLength: 16),
        IPv4Network(IPv4Address(172, 16, 0, 0), prefixLength: 12),
        IPv4Network(IPv4Address(192, 168, 0, 0), prefixLength: 16),
    ]
}

extension PacketClass {
    /// The packets of the class from these sources.
    func from(_ part: SourcePart) -> PacketClass {
        guard part == .neighbour, let network = interface?.network else { return self }
        return PacketClass(
            kind, direction, on: interface, user: user, peer: Bits(assumed: network, .peer))
    }
}
