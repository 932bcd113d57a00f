// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension DefaultSearch {
    /// The rules that send private or attached networks, but no strangers, to a chain that accepts something, or deny them
    /// what rules for these networks alone do not accept, and those that return any networks from a chain.
    func zones(of walk: Walk) -> [SourcePart.Zone] {
        if !part.isStranger { return [] }
        return walk.steps.flatMap { step -> [SourcePart.Zone] in
            let meaning = step.meaning
            guard meaning.match == .unlikely, meaning.failed == .peer, !meaning.changes,
                let rules = index.rules[step.chain], rules.indices.contains(step.index)
            else { return [] }
            let endings = meaning.branches.isEmpty ? [meaning.ending] : meaning.branches
            return endings.filter { ending in
                func concernsPrivateHosts(_ ending: RuleMeaning.Ending? = nil) -> Bool {
                    walk.evaluator.concernsPrivateHosts(
                        rules[step.index], state, sharing.networks, ending: ending)
                }
                switch ending {
                case .jump(let target), .goto(let target):
                    return sharing.acceptsSomething(ChainName(step.chain.table, target))
                        && concernsPrivateHosts(ending)
                case .drop, .reject:
                    return meaning.branches.isEmpty && deniesRestOfPeers(step) && concernsPrivateHosts()
                case .return: return step.depth > 0
                default: return false
                }
            }.map { .init(rule: Denial.Key(chain: step.chain, rule: step.index), ending: $0) }
        }
    }

    /// Takes the place of strangers from their fate, for this reason. `walk` is theirs.
    func withhold(_ fate: inout ChainFate, _ walk: Walk, _ reason: String) {
        fate.withholdPlace(reason)
        guard fate.explicitDenial == nil, let denial = fate.defaultDenial else { return }
        fate.placesBefore = placesInBase(walk, before: denial)
    }

    /// True if rules behind a place deny some packets of the addresses that the rule `spared` excludes. `walk` and `fate`
    /// are theirs.
    func isDenied(
        _ walk: Walk, behind place: Walk.Place, _ fate: ChainFate, besides spared: Denial.Key
    ) -> Bool {
        let start = walk.steps.firstIndex { $0.chain == place.chain && $0.index == place.index }
        let end = fate.step ?? fate.defaultDenial?.step ?? walk.steps.count
        guard let start, start < end else { return false }
        let search = PlaceSearch(walk, index, sharing, direction, permitsConditions: false) {
            isPerProtocol($0, walk)
        }
        return (start..<end).contains { number in
            let step = walk.steps[number]
            let isSpared = Denial.Key(chain: step.chain, rule: step.index) == spared
            if isSpared || isAboutOthers(step.meaning) || search.mayBeBypassed(number) { return false }
            guard let target = step.meaning.ending.target else { return step.meaning.ending != .return }
            return index.chains(reachedFrom: [ChainName(step.chain.table, target)]).contains { chain in
                (index.rules[chain] ?? []).contains { rule in
                    var state = walk.state(before: 0)
                    let meaning = walk.evaluator.meaning(of: rule, &state)
                    return meaning.ending.denies && !meaning.isOfOtherProtocol && !isAboutOthers(meaning)
                }
            }
        }
    }

    /// True if a rule is about packets that an exception is not for: of other users, ports or protocols, or with a mark that
    /// no packet has.
    private func isAboutOthers(_ meaning: RuleMeaning) -> Bool {
        let ofOthers: Facets = [.user, .port, .transport, .family, .interface, .mark]
        return !meaning.match.forStranger && meaning.failed.contains(.port)
            || meaning.match == .no && meaning.failed.isSubset(of: ofOthers)
    }

    /// The denial that one of several rules about remote hosts makes, if these rules together deny all hosts:
    /// `ip saddr 0.0.0.0/1 drop` and `ip saddr 128.0.0.0/1 drop`. To a stranger's walk each of them is about others.
    func denialByParts(_ packets: PacketClass, besides stranger: Walk) -> Denial? {
        let steps = stranger.steps.filter { step in
            let meaning = step.meaning
            return meaning.match == .unlikely && meaning.failed == .peer
                && meaning.branchesOfOthers.union([meaning.ending]).contains {
                    sharing.mayDeny($0, in: step.chain.table)
                }
        }
        guard !steps.isEmpty, steps.count <= Self.mostRulesOfParts else { return nil }
        let state = stranger.state(before: 0)
        var found: Denial?
        for host in Self.sampleOfHosts {
            let sample = PacketClass(
                packets.kind, direction, on: interface, user: packets.user,
                peer: Bits(known: host.bytes, .peer))
            let evaluator = Evaluator(packets: sample, index: index)
            let isOfSome = steps.contains { step in
                var state = state
                guard let rules = index.rules[step.chain], rules.indices.contains(step.index) else {
                    return false
                }
                return evaluator.meaning(of: rules[step.index], &state).match.forStranger
            }
            guard isOfSome else { return nil }
            let walk = Walk(evaluator, through: base, state)
            guard let denial = walk.denials.first, !stranger.keys.contains(denial.key) else { return nil }
            found = denial
        }
        return found
    }

    /// The number of rules above which ``denialByParts(_:besides:)`` does not search: long lists are of single networks.
    private static let mostRulesOfParts = 64

    /// Public addresses with various first and last bits.
    private static let sampleOfHosts = [
        IPv4Address(5, 6, 7, 9), IPv4Address(37, 120, 1, 2), IPv4Address(46, 4, 9, 20),
        IPv4Address(62, 99, 1, 5),
        IPv4Address(81, 2, 69, 142), IPv4Address(93, 184, 215, 14), IPv4Address(104, 16, 3, 9),
        IPv4Address(129, 13, 1, 2), IPv4Address(141, 30, 4, 7), IPv4Address(163, 5, 6, 1),
        IPv4Address(185, 60, 1, 34), IPv4Address(203, 0, 114, 6), IPv4Address(212, 58, 7, 11),
    ]
}
