// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension DefaultSearch {
    /// True if the denial is about UDP, and is neither one of a denial for each protocol nor that of the rest.
    func selectsByProtocol(_ denial: Denial, _ walk: Walk) -> Bool {
        if anyProtocol.keys.contains(denial.key) { return false }
        let isByProtocol =
            denial.facets.contains(.transport) || anyProtocol.isAccepted
            || denials(of: walk, behind: denial).contains { anyProtocol.keys.contains($0.key) }
        return isByProtocol && !isDenialOfRest(denial, walk) && !isOneForEachProtocol(denial, walk)
    }

    /// True if the denial is about IPv4 as such: nothing was accepted before it, and a rule behind it accepts packets, which
    /// can only be of IPv6.
    func selectsByFamily(_ denial: Denial, _ walk: Walk) -> Bool {
        guard denial.facets.contains(.family), denial.facets.isSubset(of: [.family, .interface, .state]),
            !isDenialOfRest(denial, walk)
        else { return false }
        return (index.rules[denial.chain] ?? []).dropFirst(denial.index + 1).contains { rule in
            rule.expressions.contains(.verdict(.accept))
        }
    }

    /// True if the denial is one of several, for each protocol and for the rest, that directly follow each other in any
    /// order.
    private func isOneForEachProtocol(_ denial: Denial, _ walk: Walk) -> Bool {
        guard isPerProtocol(denial, walk), let rest = anyProtocol.denials.first else { return false }
        return isOnlyDenied(on: anyProtocol, from: walk.path(to: denial), to: rest)
            || isOnlyDenied(on: walk, from: anyProtocol.path(to: rest).suffix(1), to: denial)
    }

    /// Returns true if the denial spares a few ports, or if a rule before it accepts some of the packets, or of the TCP
    /// packets. The denial is then that of the rest, and so a default.
    private func isDenialOfRest(_ denial: Denial, _ walk: Walk) -> Bool {
        if denial.facets.contains(.mostPorts) || walk.acceptsSome(before: denial.step) { return true }
        return tcp.denials.contains { tcpDenial in
            (tcpDenial.key == denial.key || isNeighbour(tcpDenial, of: denial, walk))
                && tcp.acceptsSome(before: tcpDenial.step)
        }
    }

    /// True if a neighbouring rule denies TCP in the same way, so that both rules are parts of one default.
    func isPerProtocol(_ denial: Denial, _ walk: Walk) -> Bool {
        tcp.denials.contains { isNeighbour($0, of: denial, walk) }
    }

    /// True if one rule denies TCP, the other all packets of the walk, and nothing is accepted in between.
    private func isNeighbour(_ tcpDenial: Denial, of denial: Denial, _ walk: Walk) -> Bool {
        guard !anyProtocol.keys.contains(tcpDenial.key) else { return false }
        if tcpDenial.key == denial.key { return true }
        let (tcpPath, path) = (tcp.path(to: tcpDenial), walk.path(to: denial))
        var (tcpRest, rest) = (tcpPath[...], path[...])
        while let fork = zip(tcpRest, rest).enumerated().first(where: { $0.element.0 != $0.element.1 }),
            fork.element.0.chain == fork.element.1.chain
        {
            func isOnlyDenied(between: Bool) -> Bool {
                self.isOnlyDenied(
                    in: fork.element.0.chain, fork.element.0.index, fork.element.1.index, between: between)
            }
            (tcpRest, rest) = (tcpRest.dropFirst(fork.offset + 1), rest.dropFirst(fork.offset + 1))
            guard let next = rest.first?.chain, let tcpNext = tcpRest.first?.chain else {
                return isOnlyDenied(between: false)
            }
            guard next == tcpNext else {
                // A chain for each protocol has a default of its own.
                let areByProtocol =
                    isByTransport(fork.element.0, .tcp)
                    && isByTransport(fork.element.1, .service(port: nil))
                return isOnlyDenied(between: areByProtocol)
            }
            // Two jumps to the same chain may replace one for both protocols.
            guard isOnlyDenied(between: true) else { return false }
            if tcpRest.elementsEqual(rest) { return true }
        }
        return isOnlyDenied(on: walk, from: tcpPath, to: denial)
            || isOnlyDenied(on: tcp, from: path, to: tcpDenial)
    }

    /// True if a condition of the rule at a place is on the protocol.
    private func isByTransport(_ place: Walk.Place, _ kind: PacketClass.Kind) -> Bool {
        guard let rules = index.rules[place.chain], rules.indices.contains(place.index) else { return false }
        let packets = PacketClass(kind, direction, on: interface)
        var state = state
        return Evaluator(packets: packets, index: index).meaning(of: rules[place.index], &state).passed
            .contains(.transport)
    }

    /// True if all rules of the chain from one index to the other, these rules included or only those between them, only
    /// deny UDP or have no verdict on it.
    private func isOnlyDenied(in chain: ChainName, _ one: Int, _ other: Int, between: Bool) -> Bool {
        let (first, last) = (min(one, other) + (between ? 1 : 0), max(one, other) - (between ? 1 : 0))
        // A policy counts as behind the last rule.
        let rules = (index.rules[chain] ?? []).prefix(last + 1).dropFirst(first)
        let packets = PacketClass(.service(port: nil), direction, on: interface)
        let evaluator = Evaluator(packets: packets, index: index)
        return rules.allSatisfy { onlyDenies($0, evaluator) }
    }

    /// True if a rule, and all rules of the chains that it leads to, only deny packets or have no verdict.
    private func onlyDenies(_ rule: Rule, _ evaluator: Evaluator, depth: Int = 0) -> Bool {
        if acceptsNothingNew(rule) { return true }
        var state = state
        switch evaluator.meaning(of: rule, &state).ending {
        case .none, .drop, .reject: return true
        case .jump(let target):
            guard depth < Chain.deepestNesting, let rules = index.rules[ChainName(rule.chain.table, target)]
            else { return false }
            return rules.allSatisfy { onlyDenies($0, evaluator, depth: depth + 1) }
        default: return false
        }
    }

    /// True if a rule is about UDP or TCP, but not about new packets: `udp dport 53 ct state established accept`.
    private func acceptsNothingNew(_ rule: Rule) -> Bool {
        let meanings = [PacketClass.Kind.service(port: nil), .tcp].map { kind in
            var state = state
            return Evaluator(packets: PacketClass(kind, direction, on: interface), index: index)
                .meaning(of: rule, &state)
        }
        return meanings.allSatisfy { meaning in
            meaning.match == .no && (meaning.branches.isEmpty || meaning.branchFacets == .state)
        }
            && meanings.contains { $0.failed.contains(.state) }
    }

    /// True if packets meet the last rule of a path before `other`, one of them in a chain of its own, and all rules in
    /// between only deny packets or have no verdict.
    private func isOnlyDenied(on walk: Walk, from path: some Sequence<Walk.Place>, to other: Denial) -> Bool {
        let before = walk.steps.prefix(other.step)
        let start = before.lastIndex { path.contains(Walk.Place(chain: $0.chain, index: $0.index)) }
        guard let start else { return false }
        return before[start...].dropFirst().allSatisfy { step in
            let meaning = step.meaning
            if meaning.ending.denies || meaning.ending == .none { return true }
            guard let rules = index.rules[step.chain] else { return false }
            return meaning.match == .yes && meaning.ending.entersChain
                || onlyDenies(rules[step.index], walk.evaluator)
        }
    }
}
