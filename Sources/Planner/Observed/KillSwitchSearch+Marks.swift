// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension KillSwitchSearch {
    /// True if a rule selects packets by their mark, and among them those with this one.
    func selects(_ rule: Rule, _ mark: Bits, _ evaluator: Evaluator) -> Bool {
        var state = PacketState(hook: .output)
        state.mark = mark
        return evaluator.meaning(of: rule, &state).passed.contains(.mark)
    }

    /// The marks that rules of a table give to some packets to services.
    func marksSet(in table: TableName) -> Set<Bits> {
        let evaluators = PacketClass.Kind.services.map {
            Evaluator(packets: PacketClass($0, .output, on: nil), index: index)
        }
        let unmarked = PacketState(hook: .output)
        var marks: Set<Bits> = []
        for rule in index.rules.lazy.filter({ $0.key.table == table }).flatMap(\.value) {
            for evaluator in evaluators {
                var state = unmarked
                let meaning = evaluator.meaning(of: rule, &state)
                guard meaning.changes else { break }
                if state.mark != unmarked.mark, state.mark.isKnown, !meaning.passed.contains(.mark) {
                    marks.insert(state.mark)
                }
            }
        }
        return marks
    }
}
