// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Ruleset {
    /// The base chains on the way of IPv4 packets in or out of this host that deny what none of their rules is
    /// about. The rules of their tables must have been read.
    public var denyingChains: [Chain] {
        let analysis = DefaultAnalysis(self)
        let dormant = Set(tables.filter { $0.flags & 1 != 0 }.map(\.name))
        return chains.filter { chain in
            guard let base = chain.base, base.type != "nat", chain.isOnTheWay,
                !dormant.contains(chain.name.table)
            else { return false }
            switch analysis.defaults(of: chain).common {
            case .denies, .deniesUnlessReturned: return true
            case .accepts, .returns, .unclear: return false
            }
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
    public var deniesByDefault: Bool { effect == .denies || effect == .saysNo }
}
