// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The guard: chains in our own table that drop unsolicited packets from the tunnel. A drop is final, whatever rules
/// of other tables accept.
///
/// The guard opens nothing and therefore has no lease. It is removed with our table.
enum InnerGuard {
    /// The base chain, which sends packets from the tunnel to ``chain``.
    static let entrance = ChainName(.teredowall, "inner")
    /// The chain that accepts solicited and necessary packets and drops the others.
    static let chain = ChainName(.teredowall, "guard")
    private static let comment = Mark.prefix + "guard of what comes out of the tunnel"

    /// The ICMPv6 types that a host must not, or normally should not, drop (RFC 4890, 4.4.1 and 4.4.2): errors (1 to
    /// 4), echoes, listener and neighbour discovery (128 to 136, 141 to 143), secure neighbour discovery (148, 149),
    /// multicast router discovery (151 to 153).
    private static let necessaryTypes: [ClosedRange<UInt8>] = [
        1...4, 128...136, 141...143, 148...149, 151...153,
    ]

    /// The comment of the rule that drops and counts.
    static let dropComment = Mark.prefix + "unsolicited from the tunnel, in"

    /// The chains of the guard for these tunnel interfaces.
    static func chains(on interfaces: [String]) -> [Layout.FilledChain] {
        let jumps = interfaces.map {
            NewRule([.interfaceIn($0), .matchIPv6, .jump(chain.name)], comment: comment)
        }
        // A chain must exist before a rule can jump to it.
        return [
            .init(chain: Chain(chain, comment: comment), isAnchor: false, rules: rules),
            .init(
                chain: Chain(entrance, base: BaseChain(hook: .input), comment: comment), isAnchor: false,
                rules: jumps),
        ]
    }

    /// The rules of ``chain``.
    static var rules: [NewRule] {
        [NewRule([.establishedOrRelated, .counter, .accept], comment: comment)]
            + necessaryTypes.map { NewRule([.icmpv6(types: $0), .counter, .accept], comment: comment) }
            + [NewRule([.counter, .drop], comment: dropComment)]
    }

    /// True if a rule has the chain and the comment of a rule of the guard; its conditions may be others.
    static func contains(_ rule: Rule) -> Bool {
        (rule.chain == entrance || rule.chain == chain)
            && (rule.comment == comment || rule.comment == dropComment)
    }
}
