// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner
internal import TeredoProtocol

/// The table that a firewalld left in force when it ended, with our openings in it.
///
/// The kernel permits other processes to change the table if it never had an owner (a netlink socket), or if
/// it has the flag persist and its owner has ended.
struct FirewalldOrphan {
    let connection: RulesetConnection

    /// Removes the rules that firewalld made for these openings, in the chains of all zones. The rules carry no
    /// mark: pass only openings that no administrator has requested from firewalld as well.
    ///
    /// - Throws: ``NftablesError/malformed(_:)`` when no such rules are found, as they may have an unknown
    /// form; otherwise the kernel's refusal.
    func close(_ openings: Set<FirewalldRule.Opening>) throws(NftablesError) {
        let generation = try connection.generation()
        try connection.waitForCommit()
        let forms = Set(openings.map(\.expressions))
        let operations = try richRules().filter { forms.contains($0.expressions) }
            .map { Operation.deleteRule($0.chain, handle: $0.handle) }
        guard !operations.isEmpty else {
            throw .malformed("no rules of teredowall's form in \(TableName.firewalld)")
        }
        try connection.commit(operations, ifGeneration: generation)
    }

    /// The rules that may be ours: they have the form of one of our openings, of any port and address.
    func candidates() throws(NftablesError) -> [Rule] {
        try richRules().filter { rule in
            let compared = rule.expressions.compactMap { expression -> [UInt8]? in
                if case .compare(.equal, let bytes) = expression { bytes } else { nil }
            }
            let ports = compared.filter { $0.count == 2 }.map { UInt16($0[0]) << 8 | UInt16($0[1]) }
            let addresses = compared.compactMap { IPv4Address(bytes: $0) }
            let openings =
                ports.flatMap { port in
                    [.port(port)] + addresses.map { FirewalldRule.Opening.port(port, at: $0) }
                } + [.multicast, .igmp]
            return openings.contains { $0.expressions == rule.expressions }
        }
    }

    private func richRules() throws(NftablesError) -> [Rule] {
        var rules: [Rule] = []
        for chain in try connection.chains().map(\.name) where chain.holdsRichRules {
            rules += try connection.rules(of: chain)
        }
        return rules
    }
}

extension ChainName {
    /// True for a chain into which firewalld puts rich rules with a priority for incoming packets.
    fileprivate var holdsRichRules: Bool {
        table == .firewalld && name.hasPrefix("filter_IN_")
            && (name.hasSuffix("_post") || name.hasSuffix("_pre"))
    }
}

extension FirewalldRule.Opening {
    /// The expressions of the rule that firewalld makes for the opening (1.3 to 2.5).
    fileprivate var expressions: [Expression] {
        let ipv4: [Expression] = [.meta(.familyProtocol), .compare(.equal, [Family.ip.rawValue])]
        let accept: [Expression] = [.verdict(.accept)]
        func udp(to port: UInt16) -> [Expression] {
            [
                .meta(.layer4Protocol), .compare(.equal, [IPProtocol.udp]),
                // The destination port.
                .payload(.transport, offset: 2, length: 2),
                .compare(.equal, [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)]),
            ]
        }
        func destination(_ address: IPv4Address) -> [Expression] {
            // The destination address.
            [.payload(.network, offset: 16, length: 4), .compare(.equal, address.bytes)]
        }
        switch self {
        case .port(let port, at: nil): return ipv4 + udp(to: port) + accept
        case .port(let port, at: let address?):
            return ipv4 + destination(address) + udp(to: port) + accept
        case .multicast:
            return ipv4 + destination(RFC4380.discoveryGroup) + udp(to: RFC4380.wellKnownPort) + accept
        case .igmp: return ipv4 + [.meta(.layer4Protocol), .compare(.equal, [IPProtocol.igmp])] + accept
        }
    }
}
