// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TeredoProtocol
import TestSupport
import Testing

private let table = TableName(.ip, "filter")
private let input = ChainName(table, "INPUT")
private let output = ChainName(table, "OUTPUT")
private let openings = Openings(ports: [41234], clientUser: 0)

/// Tests that teredowall removes the chains that earlier versions, when killed, left in tables of iptables.
@Suite(.enabledAsRoot) struct UpgradeTests {
    /// The chains as the last of those versions wrote them: the time range of a rule has an end only.
    private static func leftovers(until stop: UInt32) -> [Nftables.Operation] {
        func rules(_ direction: String) -> [NewRule] {
            func rule(_ what: String, _ matches: Statement...) -> NewRule {
                let comment = Statement.xtables(.comment("teredowall: Teredo \(what), \(direction)"))
                return NewRule(
                    [.matchUDP] + matches + [.xtables(.time(0...stop)), comment, .counter, .accept])
            }
            let standing = Statement.xtables(.udpDestinationPort(3544))
            return direction == "in"
                ? [
                    rule("service port", .xtables(.udpDestinationPort(40001))),
                    rule("local discovery", .ipDestination(IPv4Address(224, 0, 0, 253)), standing),
                ]
                : [
                    rule("service port", .xtables(.udpSourcePort(40001))),
                    rule("solicitation", standing, .xtables(.owner(user: 104))),
                ]
        }
        return [(input, "in"), (output, "out")].flatMap { base, direction -> [Nftables.Operation] in
            let chain = ChainName(table, "teredowall-\(direction)put")
            let comment = "teredowall: exceptions for Teredo, \(direction)"
            let jump = NewRule([.xtables(.comment(comment)), .counter, .jump(chain.name)])
            return [.addChain(Chain(chain, comment: comment))]
                + rules(direction).map { .addRule($0, to: chain, .last) } + [.addRule(jump, to: base, .last)]
        }
    }

    /// A change of those chains before the new version starts.
    enum Damage: String, CaseIterable {
        case nothing
        /// Saved and restored by iptables.
        case restored
        /// Emptied by `iptables -F`; the jumps to them are gone.
        case flushed
        /// Without the jumps to them.
        case jumpLost = "jump lost"
        /// Unchanged, after the end of the lease.
        case expired
    }

    /// `isServed`: whether the new version puts exceptions into force before it removes all its objects.
    @Test(arguments: Damage.allCases, [true, false])
    func `chains and jumps of earlier versions are removed`(damage: Damage, isServed: Bool) async throws {
        try await IptablesHost.with { host in
            try host.run("iptables-restore", input: RulesFolder.text("hosts/strict.ipt"))
            let before = try host.saved()
            // The lease was 180 seconds.
            let stop = UInt32(WallClock.now) + (damage == .expired ? 0 : 180)
            try host.network.connection().commit(Self.leftovers(until: stop))
            switch damage {
            case .nothing, .expired: break
            case .restored: try host.shell("iptables-save | iptables-restore")
            case .flushed:
                try host.run("iptables", "-F")
                // The script that flushed the tables now restores its own rules.
                try host.run("iptables-restore", "-n", input: RulesFolder.text("hosts/strict.ipt"))
            // The jumps are the last rules: INPUT of strict.ipt has two rules, and OUTPUT has one.
            case .jumpLost: try host.shell("iptables -D INPUT 3; iptables -D OUTPUT 2")
            }
            if isServed {
                let firewall = try host.firewall()
                let result = try firewall.reconcile(openings, policy: Policy())
                #expect(result.plan.attachments.map(\.kind) == [.ownTable, .iptables])
                #expect(try !host.shell("iptables -S").contains("teredowall-"))
                #expect(try host.rules(of: "INPUT").count { $0.contains("teredowall: ") } == 2)
                _ = try firewall.reconcile(nil, policy: Policy())
            } else {
                _ = try host.firewall().reconcile(nil, policy: Policy())
            }
            #expect(try host.saved() == before)
            #expect(try !host.network.listing().contains("teredowall"))
            // iptables can still empty the tables and delete their chains.
            try host.shell("iptables -F; iptables -X")
        }
    }
}
