// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import Synchronization
import TestSupport
import Testing

private let input = ChainName(TableName(.inet, "filter"), "input")

@Suite(.enabledAsRoot) struct LongCommitTests {
    /// A commit of 60 000 elements, which keeps the kernel busy, and of a policy, which the kernel applies
    /// after it has raised the generation.
    private static let commit: String = {
        let elements = (0..<60_000).map { "10.\($0 / 65536).\($0 / 256 % 256).\($0 % 256)" }
        return """
            add element inet filter addresses { \(elements.joined(separator: ", ")) }
            chain inet filter input { policy drop; }

            """
    }()

    @Test func `a look during a long commit does not return the old state under the new generation`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(
            load: """
                table inet filter {
                    set addresses { type ipv4_addr; }
                    chain input { type filter hook input priority filter; policy accept; iif lo accept; }
                }
                """)
        let firewall = try namespace.firewall()
        let openings = Openings(ports: [41234], clientUser: 104)
        _ = try firewall.reconcile(openings, policy: Policy())
        let before = try namespace.connection().generation()
        let isLoaded = Atomic(false)
        let loader = try WorkerThread(name: "loader") {
            do { try namespace.nft(load: Self.commit) } catch { Issue.record(error) }
            isLoaded.store(true, ordering: .releasing)
        }
        var looks = 0
        while !isLoaded.load(ordering: .acquiring) {
            do {
                _ = try firewall.reconcile(openings, policy: Policy())
                looks += 1
                let chain = try #require(firewall.ruleset.chains.first { $0.name == input })
                let isAfter = firewall.ruleset.generation > before
                #expect(chain.base?.policy == (isAfter ? .drop : .accept))
                #expect(firewall.attachments.contains { $0.table == input.table } == isAfter)
            } catch {
                if error as? NftablesError != .stale { throw error }
            }
        }
        loader.join()
        #expect(looks > 2)
        _ = try firewall.reconcile(openings, policy: Policy())
        #expect(firewall.attachments.map(\.table.name) == ["teredowall", "filter"])
    }
}
