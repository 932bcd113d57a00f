// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// What becomes of an IPv6 connection from anywhere that comes out of the Teredo tunnel and that no rule is about:
/// with Teredo, every host is reachable from the whole IPv6 Internet.
public enum InnerFilter: Hashable, Sendable {
    /// A chain denies it, by its policy or by a rule for everything or for everything from the tunnel.
    case denied(by: ChainName)
    /// Nothing denies it. When rules accept all that comes from the tunnel, these are they.
    case open(acceptedBy: [Rule])
}

extension Ruleset {
    /// Follows such a connection through prerouting and input, as far as the rules were read. A rule that is about
    /// some packets only is taken to be about others.
    public func innerFilter(tunnel: String) -> InnerFilter {
        var accepting: [Rule] = []
        let dormant = Set(tables.filter { $0.flags & 1 != 0 }.map(\.name))
        for chain in chains where !dormant.contains(chain.name.table) && !chain.isNAT {
            guard let base = chain.base, base.hook == .input || base.hook == .prerouting,
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
        /// Nothing in the chain decided.
        case passedOn
    }

    /// NFT_JUMP_STACK_SIZE
    private static let deepest = 16

    private func fate(in chain: ChainName, ofPacketFrom tunnel: String, depth: Int) -> Fate {
        guard depth < Self.deepest else { return .passedOn }
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

extension Chain {
    /// Such chains see the first packet of a connection only, and are no place to filter.
    fileprivate var isNAT: Bool { base?.type == "nat" }
}

extension Rule {
    /// NFPROTO_IPV6
    private static let ipv6: UInt8 = 10

    /// The verdict on every IPv6 packet from the tunnel; nil when the rule decides about some or none.
    fileprivate func verdict(onIPv6From tunnel: String) -> Verdict? {
        var loaded: MetaKey?
        for expression in expressions {
            switch expression {
            case .meta(let key): loaded = key
            case .compare(let comparison, let bytes):
                guard Self.holds(comparison, bytes, for: loaded, tunnel) else { return nil }
            case .verdict(let verdict): return verdict
            case .reject, .target("REJECT", _, _), .target("DROP", _, _): return .drop
            // A program decides; that is no open door.
            case .other("queue"), .target("NFQUEUE", _, _): return .drop
            case .counter, .log, .match("comment", _, _), .target("LOG", _, _), .target("NFLOG", _, _): break
            case .instruction(.setMeta), .instruction(.setConnection), .instruction(.immediate): break
            case .other(let name) where name.hasSuffix(" set"): break
            default: return nil
            }
        }
        return nil
    }

    /// Whether a condition is fulfilled by every such packet.
    private static func holds(
        _ comparison: Comparison, _ bytes: [UInt8], for key: MetaKey?, _ tunnel: String
    ) -> Bool {
        let isSame: Bool
        switch key {
        case .familyProtocol?: isSame = bytes == [ipv6]
        case .interfaceNameIn?:
            // A shorter pattern stands for all names that begin so.
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
