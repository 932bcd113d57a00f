// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Ruleset {
    /// The base chains on the way of IPv4 packets in or out of this host that deny what none of their rules is
    /// about. The rules of their tables must have been read.
    public var denyingChains: [Chain] {
        let index = RulesetIndex(self)
        let sharing = ChainSharing(index)
        let dormant = Set(tables.filter(\.isDormant).map(\.name))
        return chains.filter { chain in
            guard let base = chain.base, base.type != "nat", chain.isOnTheWay,
                !dormant.contains(chain.name.table)
            else { return false }
            let direction: Direction = base.hook == .output || base.hook == .postrouting ? .output : .input
            let search = DefaultSearch(
                index, sharing, chain, direction, on: nil, PacketState(hook: base.hook))
            let packets = PacketClass(.service(port: nil), direction, on: nil)
            return search.fates(of: packets).fates.first?.byDefault != nil
        }
    }
}

extension Chain {
    fileprivate var isOnTheWay: Bool {
        switch name.table.family {
        case .inet, .ip: base?.hook != .forward
        case .netdev: true
        case .arp, .bridge, .ip6: false
        }
    }
}

extension Rule {
    /// Whether it denies UDP packets over IPv4 as a default does: whoever they are from, and whatever they are.
    public var deniesByDefault: Bool {
        let evaluator = Evaluator(
            packets: PacketClass(.service(port: nil), .input, on: nil), index: RulesetIndex(Ruleset()))
        var state = PacketState(hook: .input)
        let meaning = evaluator.meaning(of: self, &state)
        let narrow: Facets = meaning.ending == .reject ? [.port, .user] : [.port, .user, .transport]
        return meaning.ending.denies && meaning.match.forStranger && meaning.passed.isDisjoint(with: narrow)
    }
}
