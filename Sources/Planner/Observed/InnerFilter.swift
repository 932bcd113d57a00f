// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The fate of an IPv6 connection that arrives through the Teredo tunnel from an arbitrary host, and that no
/// rule singles out. With Teredo, the whole IPv6 Internet can reach every port of the host.
public enum InnerFilter: Hashable, Sendable {
    /// A chain denies it: by its policy, or by a rule for all packets or for all packets from the tunnel.
    case denied(by: ChainName)
    /// No chain denies it. `acceptedBy` has the rules that accept everything from the tunnel, if there are
    /// any.
    case open(acceptedBy: [Rule])
}

extension Ruleset {
    /// Follows an IPv6 connection from the interface `tunnel` through prerouting and input, as far as the rules were
    /// read. A rule that depends on anything but the interface is taken not to match.
    public func innerFilter(tunnel: String) -> InnerFilter {
        var accepting: [Rule] = []
        let dormant = Set(tables.filter(\.isDormant).map(\.name))
        for chain in chains where !dormant.contains(chain.name.table) {
            guard let base = chain.base, !base.isNAT, base.hook == .input || base.hook == .prerouting,
                chain.name.table.family == .inet || chain.name.table.family == .ip6
            else { continue }
            switch fate(in: chain.name, ofPacketFrom: tunnel, depth: 0) {
            case .denied: return .denied(by: chain.name)
            case .passedOn where base.policy == .drop: return .denied(by: chain.name)
            case .accepted(let rule): accepting.append(rule)
            case .passedOn: break
            }
        }
        return .open(acceptedBy: accepting)
    }

    private enum Fate {
        case accepted(Rule)
        case denied
        /// No rule of the chain accepts or denies the connection.
        case passedOn
    }

    private func fate(in chain: ChainName, ofPacketFrom tunnel: String, depth: Int) -> Fate {
        guard depth < Chain.deepestNesting else { return .passedOn }
        for rule in rules[chain] ?? [] {
            switch rule.verdict(onIPv6From: tunnel) {
            case nil, .continue?: continue
            case .accept?: return .accepted(rule)
            case .drop?: return .denied
            case .return?: return .passedOn
            case .jump(let target)?, .goto(let target)?:
                let inner = fate(
                    in: ChainName(chain.table, target), ofPacketFrom: tunnel, depth: depth + 1)
                if case .passedOn = inner, case .jump? = rule.verdict(onIPv6From: tunnel) { continue }
                return inner
            }
        }
        return .passedOn
    }
}

extension Rule {
    /// The verdict on every IPv6 packet from the tunnel; nil when the rule has a verdict only on some of these packets,
    /// or on none.
    fileprivate func verdict(onIPv6From tunnel: String) -> Verdict? {
        var loaded: MetaKey?
        for expression in expressions {
            switch expression {
            case .meta(let key): loaded = key
            case .compare(let comparison, let bytes):
                guard Self.holds(comparison, bytes, for: loaded, tunnel) else { return nil }
            case .verdict(let verdict): return verdict
            case .reject, .target("REJECT", _, _), .target("DROP", _, _): return .drop
            // A program decides. That counts as a denial, as the port is not certainly open.
            case .other("queue"), .target("NFQUEUE", _, _): return .drop
            case .counter, .log, .match("comment", _, _), .target("LOG", _, _), .target("NFLOG", _, _): break
            case .instruction(.setMeta), .instruction(.setConnection), .instruction(.setPayload),
                .instruction(.immediate):
                break
            case .other(let name) where name.hasSuffix(" set"): break
            default: return nil
            }
        }
        return nil
    }

    /// True if every IPv6 packet from the tunnel fulfils a condition.
    private static func holds(
        _ comparison: Comparison, _ bytes: [UInt8], for key: MetaKey?, _ tunnel: String
    ) -> Bool {
        let isSame: Bool
        switch key {
        case .familyProtocol?: isSame = bytes == [Family.ip6.rawValue]
        case .interfaceNameIn?:
            // A pattern shorter than a name matches all names that begin with it.
            let name =
                Array(tunnel.utf8) + [UInt8](repeating: 0, count: max(0, bytes.count - tunnel.utf8.count))
            isSame = name.starts(with: bytes)
        default: return false
        }
        switch comparison {
        case .equal: return isSame
        case .notEqual: return !isSame
        default: return false
        }
    }
}
