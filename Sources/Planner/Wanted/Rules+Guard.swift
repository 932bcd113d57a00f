// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The guard: what comes out of the tunnel unsolicited is dropped, in chains of our own table. A drop there is final
/// whatever other tables say, unlike an accept.
///
/// It has no lease, as it opens nothing. It is gone with our table.
enum InnerGuard {
    /// The base chain, which leads what comes from the Teredo interface to the other.
    static let entrance = ChainName(.teredowall, "inner")
    static let chain = ChainName(.teredowall, "guard")
    private static let comment = Mark.prefix + "guard of what comes out of the tunnel"

    /// What hosts must let in for IPv6 to work (RFC 4890, 4.4.1 and 4.4.2): errors, echoes, listener and neighbour
    /// discovery, secured neighbour discovery, multicast routers.
    private static let necessaryTypes: [ClosedRange<UInt8>] = [
        1...4, 128...136, 141...143, 148...149, 151...153,
    ]

    /// Of the rule that counts what was dropped.
    static let dropComment = Mark.prefix + "unsolicited from the tunnel, in"

    static func chains(on interfaces: [String]) -> [Layout.FilledChain] {
        let jumps = interfaces.map {
            NewRule([.interfaceIn($0), .matchIPv6, .jump(chain.name)], comment: comment)
        }
        // The chain that is jumped to has to be there first.
        return [
            .init(chain: Chain(chain, comment: comment), isAnchor: false, rules: rules),
            .init(
                chain: Chain(entrance, base: BaseChain(hook: .input), comment: comment), isAnchor: false,
                rules: jumps),
        ]
    }

    static var rules: [NewRule] {
        [NewRule([.establishedOrRelated, .counter, .accept], comment: comment)]
            + necessaryTypes.map { NewRule([.icmpv6(types: $0), .counter, .accept], comment: comment) }
            + [NewRule([.counter, .drop], comment: dropComment)]
    }

    /// Whether a rule is one of these, current or stale.
    static func contains(_ rule: Rule) -> Bool {
        (rule.chain == entrance || rule.chain == chain)
            && (rule.comment == comment || rule.comment == dropComment)
    }
}
