// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The base chains that packets pass, in the kernel's order. Those of nat decide nothing.
struct HookOrder {
    /// A hook on the way of a packet.
    struct Stop {
        let hook: Hook
        let chains: [Chain]
        /// Whether connection tracking comes after it.
        var isBeforeTracking = false
    }

    private var stacks: [Hook: [Chain]] = [:]
    /// At the interfaces themselves, on the way in and on the way out.
    private var ingress: [Chain] = []
    private var egress: [Chain] = []

    init(_ index: RulesetIndex) {
        let dormant = Set(index.ruleset.tables.filter(\.isDormant).map(\.name))
        // Of equal priorities the kernel asks the one first that was registered last.
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
                } else if base.type != "nat" || base.policy == .drop {
                    stacks[base.hook, default: []].append(chain)
                }
            default: break
            }
        }
        stacks = stacks.mapValues(Self.inOrder)
        (ingress, egress) = (Self.inOrder(ingress), Self.inOrder(egress))
    }

    /// The base chains that a packet meets on its way in, or out, by an interface.
    func way(_ direction: Direction, on interface: Interface?) -> [Stop] {
        func stop(_ hook: Hook) -> Stop { Stop(hook: hook, chains: stacks[hook] ?? []) }
        func isThere(_ chain: Chain) -> Bool {
            guard let interface, let names = chain.base?.devices, !names.isEmpty else { return true }
            return names.contains(interface.name)
        }
        switch direction {
        case .input:
            let first = Stop(hook: .ingress, chains: ingress.filter(isThere), isBeforeTracking: true)
            return [first, stop(.prerouting), stop(.input)]
        case .output:
            let last = Stop(hook: .ingress, chains: egress.filter(isThere))
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
    /// Whether it is at hook egress, for chains of family netdev, which count their hooks by themselves.
    var isEgress: Bool { hook.rawValue == 1 }

    /// The interfaces that it is at; none where that is not known, or makes no difference.
    var devices: [String] { (device.map { [$0] } ?? []) + otherDevices }
}
