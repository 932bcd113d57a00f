// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner
internal import TeredoProtocol

/// The rules that record the addresses of packets they match and may treat later packets differently: test
/// packets must not match them.
struct AddressTraps {
    private let ruleset: Ruleset
    private let chains: [ChainName: Chain]

    init(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        chains = Dictionary(ruleset.chains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The first such rule that a UDP packet to this port may match on its way in or out, and its position in its
    /// chain, counted from 1. Conditions that cannot be evaluated count as fulfilled.
    func first(_ direction: Direction, port: UInt16) -> (rule: Rule, position: Int)? {
        let hooks: Set<Hook> =
            direction == .input ? [.ingress, .prerouting, .input] : [.output, .postrouting]
        var pending = ruleset.chains.filter { chain in
            guard let base = chain.base, [.ip, .inet, .netdev].contains(chain.name.table.family) else {
                return false
            }
            // Family netdev numbers its hooks separately: examine all of its base chains.
            return chain.name.table.family == .netdev || hooks.contains(base.hook)
        }.map(\.name)
        var seen = Set(pending)
        while let chain = pending.popLast() {
            for (index, rule) in (ruleset.rules[chain] ?? []).enumerated() where rule.mayMatchUDP(to: port) {
                if rule.recordsAddresses { return (rule, index + 1) }
                for target in targets(of: rule) where seen.insert(target).inserted { pending.append(target) }
            }
        }
        return nil
    }

    /// The chains that a rule may lead to. For a verdict map, all regular chains of the table, as its
    /// elements are not read.
    private func targets(of rule: Rule) -> [ChainName] {
        let table = rule.chain.table
        return rule.expressions.flatMap { expression -> [ChainName] in
            switch expression {
            case .verdict(.jump(let name)), .verdict(.goto(let name)): [ChainName(table, name)]
            case .verdictMap, .instruction(.verdictMap):
                chains.values.filter { $0.name.table == table && $0.base == nil }.map(\.name)
            default: []
            }
        }
    }
}

extension Rule {
    /// True when the rule adds to a dynamic set, or to the list of an xtables module.
    fileprivate var recordsAddresses: Bool {
        expressions.contains { expression in
            switch expression {
            case .instruction(.dynamicSet), .match("hashlimit", _, _), .target("SET", _, _): true
            case .match("recent", _, let data): Self.changesRecentList(data)
            default: false
            }
        }
    }

    /// True for `--set`, `--update` and `--remove` (bits 1, 2 and 3 of byte 8 of struct xt_recent_mtinfo), false
    /// for `--rcheck` (bit 0). True also if the data has no such byte.
    private static func changesRecentList(_ data: [UInt8]) -> Bool {
        data.count <= 8 || data[8] & 0b1110 != 0
    }

    /// False when the rule requires another protocol or another destination port.
    fileprivate func mayMatchUDP(to port: UInt16) -> Bool {
        for (load, compare) in zip(expressions, expressions.dropFirst()) {
            guard case .compare(.equal, let value) = compare else { continue }
            switch load {
            // The protocol, as nf_tables or the IPv4 header has it.
            case .meta(.layer4Protocol), .payload(.network, offset: 9, length: 1):
                if value != [IPProtocol.udp] { return false }
            // The destination port.
            case .payload(.transport, offset: 2, length: 2):
                if value != [UInt8(port >> 8), UInt8(port & 0xFF)] { return false }
            default: continue
            }
        }
        return true
    }
}
