// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The base chains that packets pass, in the kernel's order, without chains of type nat unless their policy
/// drops.
struct HookOrder {
    /// A hook that a packet passes, with its base chains in order.
    struct Stop {
        let hook: Hook
        let chains: [Chain]
        /// True when the packet passes this hook before connection tracking.
        var isBeforeTracking = false
    }

    private var stacks: [Hook: [Chain]] = [:]
    /// The chains at the interfaces themselves, for incoming and for outgoing packets.
    private var ingress: [Chain] = []
    private var egress: [Chain] = []

    init(_ index: RulesetIndex) {
        let dormant = Set(index.ruleset.tables.filter(\.isDormant).map(\.name))
        // Of chains with equal priority the kernel runs the one registered last first.
        let chains = index.ruleset.chains.reversed().filter { chain in
            let table = chain.name.table
            return index.rules[chain.name] != nil && table != .teredowall && !dormant.contains(table)
        }
        for (chain, base) in chains.compactMap({ chain in chain.base.map { (chain, $0) } }) {
            switch chain.name.table.family {
            case .netdev:
                if base.isEgress { egress.append(chain) } else { ingress.append(chain) }
            case .inet, .ip:
                if base.hook == .ingress {
                    ingress.append(chain)
                } else if !base.isNAT || base.policy == .drop {
                    stacks[base.hook, default: []].append(chain)
                }
            default: break
            }
        }
        stacks = stacks.mapValues(Self.inOrder)
        (ingress, egress) = (Self.inOrder(ingress), Self.inOrder(egress))
    }

    /// The hooks and base chains that a packet of this direction passes on an interface.
    func stops(_ direction: Direction, on interface: Interface?) -> [Stop] {
        func stop(_ hook: Hook) -> Stop { Stop(hook: hook, chains: stacks[hook] ?? []) }
        func isBound(_ chain: Chain) -> Bool {
            guard let interface, let names = chain.base?.devices, !names.isEmpty else { return true }
            return names.contains(interface.name)
        }
        switch direction {
        case .input:
            let first = Stop(hook: .ingress, chains: ingress.filter(isBound), isBeforeTracking: true)
            return [first, stop(.prerouting), stop(.input)]
        case .output:
            // `Hook` has no case for egress; the evaluation is the same as at ingress.
            let last = Stop(hook: .ingress, chains: egress.filter(isBound))
            return [stop(.output), stop(.postrouting), last]
        }
    }

    private static func inOrder(_ chains: [Chain]) -> [Chain] {
        chains.enumerated().sorted { one, other in
            (one.element.base?.priority ?? 0, one.offset) < (other.element.base?.priority ?? 0, other.offset)
        }.map(\.element)
    }
}

extension BaseChain {
    /// True for a chain at the hook egress. Hook numbers of family netdev are numbered separately: ingress is
    /// 0, egress 1.
    var isEgress: Bool { hook.rawValue == 1 }

    /// The interfaces that the chain is bound to; empty if the kernel reports none.
    var devices: [String] { (device.map { [$0] } ?? []) + otherDevices }
}
