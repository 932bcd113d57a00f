// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// What shall be ours in one table. Empty: nothing.
struct Layout: Hashable {
    /// In what form the exceptions are written.
    enum Form: Hashable {
        /// One rule for all ports, which are in a set.
        case sets
        /// One rule a port, of xtables matches.
        case iptables
    }

    /// One of our chains, or an anchor.
    struct FilledChain: Hashable {
        var chain: Chain
        var isAnchor: Bool
        var rules: [NewRule]
    }

    /// A rule of ours in a foreign chain that leads to our chain.
    struct Jump: Hashable {
        /// The base chain whose packets it is for.
        var base: ChainName
        var chain: ChainName
        var direction: Direction
        /// In front of which rule of the chain (ours not counted) it goes; their count for the end.
        var index: Int
    }

    let table: TableName
    var form = Form.sets
    var chains: [FilledChain] = []
    var jumps: [Jump] = []

    var isEmpty: Bool { chains.isEmpty }

    /// The rule that makes a jump.
    func text(of jump: Jump) -> NewRule {
        let target = Statement.jump(jump.direction.foreignChain)
        return switch form {
        case .sets: NewRule([target], comment: jump.direction.comment)
        case .iptables: NewRule([.xtables(.comment(jump.direction.comment)), .counter, target])
        }
    }

    /// In force once the layout is.
    var places: [Attachment] {
        if isEmpty { return [] }
        if table == .teredowall {
            return [Attachment(kind: .ownTable, table: table, chains: chains.map(\.chain.name))]
        }
        var bases: [ChainName] = []
        for jump in jumps where !bases.contains(jump.base) { bases.append(jump.base) }
        if form == .iptables {
            let anchors = chains.filter(\.isAnchor).map(\.chain.name)
            return [Attachment(kind: .iptables, table: table, chains: bases + anchors)]
        }
        let anchors = chains.filter(\.isAnchor).map(\.chain.name)
        return [
            Attachment(kind: .native, table: table, chains: bases),
            Attachment(kind: .anchor, table: table, chains: anchors),
        ].filter { !$0.chains.isEmpty }
    }
}
