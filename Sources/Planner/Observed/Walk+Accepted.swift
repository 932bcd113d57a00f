// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Walk {
    /// True if the packet is accepted and no rule denies part of the class.
    var isAccepted: Bool { outcome == .accepted && denials.isEmpty }

    /// True if a rule before step `end` accepts some ports or hosts of the protocol, itself or in a
    /// chain that it leads to.
    func acceptsSome(before end: Int, where isCounted: (Step) -> Bool = { _ in true }) -> Bool {
        var known: [ChainName: ChainOutcome] = [:]
        return steps.prefix(end).contains { step in
            isCounted(step)
                && reach(of: step.meaning, in: step.chain.table, passed: step.scope, failed: [], &known)
                    == .accepted
        }
    }

    /// The outcome for the packets that reach a rule or chain.
    enum ChainOutcome {
        /// Some of the packets are accepted.
        case accepted
        /// All packets are denied, or all are accepted.
        case ended
        /// Packets may go on to the next rule.
        case returns
    }

    /// The outcome for the packets that a rule is about. `passed` and `failed` are the properties in the conditions of
    /// the jumps to the rule: in those that a stranger's packet fulfils, and in those that it does not.
    private func reach(
        of meaning: RuleMeaning, in table: TableName, passed: Facets, failed: Facets,
        _ known: inout [ChainName: ChainOutcome]
    ) -> ChainOutcome {
        let (passed, failed) = (passed.union(meaning.passed), failed.union(meaning.failed))
        if !meaning.match.forStranger,
            reach(of: meaning.ending, in: table, passed: passed, failed: failed, &known) == .accepted
        {
            return .accepted
        }
        let (common, others) = (
            passed.union(meaning.branchPassed), failed.union(meaning.branchFacets)
        )
        let isAccepted = meaning.branches.contains {
            reach(of: $0, in: table, passed: common, failed: others, &known) == .accepted
        }
        return isAccepted ? .accepted : .returns
    }

    private func reach(
        of ending: RuleMeaning.Ending, in table: TableName, passed: Facets, failed: Facets,
        _ known: inout [ChainName: ChainOutcome]
    ) -> ChainOutcome {
        guard failed.isSubset(of: [.port, .peer, .receiver, .interface]) else { return .returns }
        switch ending {
        case .accept:
            // In outgoing packets the destination, even if it is a group, counts as the remote host.
            let others: Facets =
                evaluator.packets.direction == .output ? [.port, .peer, .receiver] : [.port, .peer]
            let isSome = passed.contains(.transport) && !failed.union(passed).isDisjoint(with: others)
            return isSome ? .accepted : .ended
        case .drop, .reject: return .ended
        case .jump(let target), .goto(let target):
            return reach(into: ChainName(table, target), passed: passed, failed: failed, &known)
        default: return .returns
        }
    }

    private func reach(
        into chain: ChainName, passed: Facets, failed: Facets, _ known: inout [ChainName: ChainOutcome]
    ) -> ChainOutcome {
        if let reach = known[chain] { return reach }
        known[chain] = .returns
        let reach = findOutcome(in: chain, passed: passed, failed: failed, &known)
        known[chain] = reach
        return reach
    }

    private func findOutcome(
        in chain: ChainName, passed: Facets, failed: Facets, _ known: inout [ChainName: ChainOutcome]
    ) -> ChainOutcome {
        for rule in evaluator.index.rules[chain] ?? [] {
            var state = state
            let meaning = evaluator.meaning(of: rule, &state)
            let some = reach(of: meaning, in: chain.table, passed: passed, failed: failed, &known)
            if some == .accepted { return .accepted }
            guard meaning.match.forStranger else { continue }
            let all = reach(
                of: meaning.ending, in: chain.table, passed: passed.union(meaning.passed), failed: failed,
                &known)
            if all == .accepted { return .accepted }
            guard meaning.match == .yes else { continue }
            if all == .ended { return .ended }
            switch meaning.ending {
            case .return, .goto: return .returns
            default: break
            }
        }
        return .returns
    }
}
