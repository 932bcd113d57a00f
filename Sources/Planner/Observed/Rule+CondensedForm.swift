// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Rule {
    /// The form of the condensed rule; nil if the rule is kept as it is, as one about private or these networks is.
    func condensedForm(besides networks: [IPv4Network]) -> CondensedForm? {
        if Mark.isMark(anyComment) || expressions.contains(where: \.isKept) || namesSpecialNetwork {
            return nil
        }
        guard let form = formOfMeaning else { return nil }
        let isOfNetworks = form.conditions.contains(.source) && !isAboutOneSource && concerns(networks, form)
        return isOfNetworks ? nil : form
    }

    /// True if some private network, or one of these, fulfils the condition on the source.
    private func concerns(_ networks: [IPv4Network], _ form: CondensedForm) -> Bool {
        let evaluator = CondensedForm.evaluators[form.transport == .tcp ? 1 : 0]
        return evaluator.concernsPrivateHosts(self, PacketState(hook: .input), networks)
    }

    /// True if the condition on the source is that it is one address.
    private var isAboutOneSource: Bool {
        zip(expressions, expressions.dropFirst()).contains { load, comparison in
            if case (.payload(.network, offset: 12, length: 4), .compare(.equal, _)) = (load, comparison) {
                return true
            }
            return false
        }
    }

    private var formOfMeaning: CondensedForm? {
        let all = CondensedForm.evaluators.map(meaning)
        guard all.allSatisfy({ !$0.match.forStranger && !$0.changes }) else { return nil }
        let (udp, tcp) = (all[0], all[1])
        var form = CondensedForm(ending: udp.ending)
        guard udp.isOfOtherProtocol else {
            form.transport = udp.passed.contains(.transport) ? .udp : .all
            let isOfHosts =
                form.addConditions(of: udp, outgoing: meaning(CondensedForm.outgoingUDP))
                && form.conditions != .port
            return isOfHosts ? form : nil
        }
        form.transport = tcp.isOfOtherProtocol ? .others : .tcp
        if tcp.isOfOtherProtocol { return form }
        form.interface = interfaceCondition
        guard form.addConditions(of: tcp, outgoing: meaning(CondensedForm.outgoingTCP)) else { return nil }
        // Whether a rule opens one of these ports to everybody matters in the search for kill switches.
        let isOfService =
            form.conditions == .port
            && CondensedForm.flowsToServices.contains { meaning($0).match != .no }
        return isOfService ? nil : form
    }

    private func meaning(_ evaluator: Evaluator) -> RuleMeaning {
        var state = PacketState(hook: evaluator.packets.direction.hook)
        return evaluator.meaning(of: self, &state)
    }

    /// The first condition on the name of an interface: its load and its comparison. Empty if there is none.
    private var interfaceCondition: [Expression] {
        for (load, comparison) in zip(expressions, expressions.dropFirst()) {
            guard case .compare = comparison else { continue }
            switch load {
            case .meta(.interfaceNameIn), .meta(.interfaceNameOut): return [load, comparison]
            default: continue
            }
        }
        return []
    }
}

extension Rule {
    /// True when the rule is about a network of private addresses, to which this host may be attached, of addresses that no
    /// host has, or about a large part of all addresses. Rules about other networks, of which there may be thousands, are condensed.
    private var namesSpecialNetwork: Bool {
        // True while all 4 bytes of an address are compared; true once a source address is loaded.
        var (isWhole, isOfSource) = (true, false)
        for expression in expressions {
            switch expression {
            case .payload(.network, offset: 12, let length), .instruction(.payload(1, 12, let length, _)):
                (isWhole, isOfSource) = (length == 4, true)
            case .instruction(.mask(_, _, let mask, _)):
                isWhole = false
                // Few rules like `ip saddr 0.0.0.0/1 drop` may deny all hosts.
                if isOfSource, mask.reduce(0, { $0 + $1.nonzeroBitCount }) <= Self.mostBitsOfParts {
                    return true
                }
            case .lookup, .instruction(.lookup): if isOfSource { return true }
            case .compare(_, let bytes), .instruction(.compare(_, _, let bytes)),
                .instruction(.range(_, _, let bytes, _)):
                let first = bytes.first ?? 0
                let isKept = Self.privateStarts.contains(first) || first >= Self.firstOfNoHost
                if !isWhole || expression.isRange, isKept { return true }
            default: break
            }
        }
        return false
    }

    /// The number of compared bits up to which a rule is about a large part of all addresses.
    private static let mostBitsOfParts = 4

    /// The first bytes of 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12 and 192.168.0.0/16.
    private static let privateStarts: [UInt8] = [10, 100, 169, 172, 192]
    /// The first byte of 224.0.0.0, the first of the addresses that are not the source of any packet.
    private static let firstOfNoHost: UInt8 = 224
}

extension Expression {
    fileprivate var isRange: Bool { if case .instruction(.range) = self { true } else { false } }

    /// True when a rule with this expression is not condensed: the expression leads to a chain, adds to a set, or looks
    /// up a set with the name of one of our sets.
    fileprivate var isKept: Bool {
        switch self {
        case .verdict(.jump), .verdict(.goto), .verdictMap, .instruction(.verdictMap),
            .instruction(.dynamicSet):
            true
        case .lookup(let set, _), .instruction(.lookup(let set, _, _)):
            SetNames(in: .teredowall).contains(set) || set.hasPrefix("teredowall-")
        default: false
        }
    }
}
