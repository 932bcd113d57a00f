// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// Tests that irrelevant commits, which change no reported object, can be left out of the reports, and that no
/// other commit is lost by that.
@Suite(.enabledAsRoot) struct SkippedCommitsTests {
    private static let table = TableName(.inet, "t")

    /// An actor on a thread of its own, as the daemon's service is.
    private actor Listener {
        nonisolated let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        let events: RulesetEvents

        init(_ events: RulesetEvents) throws {
            executor = try ThreadExecutor(name: "listener")
            self.events = events
            try events.watch(on: executor) {}
        }

        /// Starts the skipping, and returns the changes not yet taken.
        func skip(for time: Duration = .seconds(600)) -> [RulesetChange]? {
            events.skipIrrelevantCommits(for: time)
        }
    }

    /// A listener in a namespace with two sets, of which only `selected` has its elements reported.
    private func listener(_ namespace: NetworkNamespace) throws -> Listener {
        try namespace.nft(
            load: """
                table inet t {
                    set selected { type ipv4_addr; }
                    set other { type ipv4_addr; }
                }
                """)
        let events = try namespace.rulesetEvents()
        try events.listen(toElementsOf: [SetName(Self.table, "selected")])
        return try Listener(events)
    }

    private func add(_ address: String, to set: String, _ namespace: NetworkNamespace) throws {
        try namespace.nft("add", "element", "inet", "t", set, "{ \(address) }")
    }

    /// The objects of the only change; nil if the change is no commit, or there are several.
    private func objects(_ changes: [RulesetChange]) -> Set<ChangedObject>? {
        guard changes.count == 1, case .committed(_, _, _, _, let changed) = changes[0] else { return nil }
        return changed.objects
    }

    @Test func `an irrelevant commit is skipped, and that is reported before the next commit`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let listener = try listener(namespace)
        try add("192.0.2.1", to: "other", namespace)
        // The call that starts the skipping returns the commit that was reported before.
        #expect(objects(try #require(await listener.skip())) == [])
        for number in 2...9 { try add("192.0.2.\(number)", to: "other", namespace) }
        #expect(listener.events.take() == [])
        listener.events.reportEveryCommit()
        #expect(listener.events.take() == [])
        try add("192.0.2.10", to: "other", namespace)
        let changes = listener.events.take()
        #expect(changes.first == .skipped && objects(Array(changes.dropFirst())) == [])
        try add("192.0.2.11", to: "other", namespace)
        #expect(objects(listener.events.take()) == [])
    }

    @Test(arguments: [
        "add element inet t selected { 192.0.2.1 }", "add chain inet t c", "delete set inet t other",
    ])
    func `a relevant commit ends the skipping`(command: String) async throws {
        let namespace = try NetworkNamespace.forTest()
        let listener = try listener(namespace)
        #expect(await listener.skip() == [])
        try namespace.nft(load: command)
        // The kernel has dropped the message that ends this commit, so that its changes count as lost.
        #expect(listener.events.take() == [.lost])
        // From then on every commit is reported.
        try add("192.0.2.2", to: "selected", namespace)
        #expect(objects(listener.events.take()) == [.element(of: SetName(Self.table, "selected"))])
    }

    @Test func `the skipping ends after its time`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let listener = try listener(namespace)
        #expect(await listener.skip(for: .milliseconds(50)) == [])
        // The kernel drops the events of these commits until the skipping ends, on a slow machine possibly before the
        // first commit.
        var changes: [RulesetChange] = []
        let end = ContinuousClock.now + .seconds(30)
        var number = 0
        while changes.isEmpty, .now < end {
            number += 1
            try add("198.51.\(number / 250).\(1 + number % 250)", to: "other", namespace)
            changes = listener.events.take()
        }
        #expect(changes.first == .skipped)
    }

    /// Owns a firewall on the thread of its events.
    private actor Follower {
        nonisolated let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        let events: RulesetEvents
        let firewall: NftablesFirewall
        private let openings = Openings(ports: [41234], clientUser: 104)

        init(_ namespace: NetworkNamespace) throws {
            executor = try ThreadExecutor(name: "follower")
            events = try namespace.rulesetEvents()
            firewall = try namespace.firewall()
            try events.watch(on: executor) {}
            firewall.follow(events)
        }

        /// Starts the skipping, and returns the changes not yet taken.
        func skip() -> [RulesetChange]? { events.skipIrrelevantCommits(for: .seconds(600)) }

        /// Looks, and returns whether a partial look sufficed, and the changes that no event reported.
        func reconcile() throws -> (isPartial: Bool, unreported: [String]) {
            let looks = firewall.partialLooks
            repeat {
                _ = try firewall.reconcile(openings, policy: Policy())
            } while try firewall.listenToElements()
            let isPartial = firewall.partialLooks > looks
            firewall.requestMirrorComparison()
            _ = try firewall.reconcile(openings, policy: Policy())
            return (isPartial, firewall.hasComparedMirror ? firewall.unreported : ["nothing was compared"])
        }
    }

    @Test func `after skipped commits a partial look suffices`() async throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(
            load: """
                table inet t {
                    set other { type ipv4_addr; }
                    chain input { type filter hook input priority 0; policy drop; }
                }
                """)
        let follower = try Follower(namespace)
        _ = try await follower.reconcile()
        #expect(await follower.skip() != nil)
        for number in 1...9 { try add("192.0.2.\(number)", to: "other", namespace) }
        follower.events.reportEveryCommit()
        try namespace.nft(load: "flush chain inet t teredowall-input")
        let result = try await follower.reconcile()
        #expect(result.isPartial && result.unreported == [])
        // A commit of teredowall itself also ends the skipping, so that it is reported.
        #expect(await follower.skip() != nil)
        try namespace.nft(load: "flush chain inet t teredowall-input")
        let other = try await follower.reconcile()
        #expect(!other.isPartial && other.unreported == [])
        #expect(try namespace.nft("list", "chain", "inet", "t", "teredowall-input").contains("accept"))
    }
}
