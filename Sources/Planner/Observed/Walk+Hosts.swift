// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Walk {
    /// True if the rule of a step is about certain remote hosts. Source addresses from 224.0.0.0 on belong to no host.
    func singlesOutHosts(_ step: Step) -> Bool {
        guard step.meaning.match != .no, step.meaning.failed.contains(.peer) else { return false }
        let packets = evaluator.packets
        guard packets.direction == .input, let rules = evaluator.index.rules[step.chain] else { return true }
        return IPv4Network.unicast.contains { network in
            let sample = PacketClass(
                packets.kind, packets.direction, on: packets.interface, peer: Bits(known: network, .peer))
            var state = state(before: 0)
            let evaluator = Evaluator(packets: sample, index: evaluator.index)
            return evaluator.meaning(of: rules[step.index], &state).match != .no
        }
    }
}
