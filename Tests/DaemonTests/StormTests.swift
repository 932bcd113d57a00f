// SPDX-License-Identifier: GPL-2.0-or-later
import CSupport
import Configuration
import Control
import Logging
import Nftables
import Planner
import Platform
import TestSupport
import Testing

@testable import Daemon

/// Tests many commits of another program while each look at the ruleset fails.
@Suite(.enabledAsRoot) struct StormTests {
    private static let ruleset = """
        table inet filter {
            chain shared { tcp dport 25 accept; }
            chain input { type filter hook input priority filter; policy drop; iif lo accept; jump shared; }
        }
        """

    @Test func `hundreds of unread commits lead to at most three looks`() async throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.ruleset)
        let events = try namespace.rulesetEvents()
        let (executor, service) = try namespace.run {
            () throws(any Error) -> (ThreadExecutor, ExceptionService) in
            var configuration = Configuration()
            configuration.clientUser = "4711"
            configuration.clientProbe = .off
            let executor = try ThreadExecutor(name: "storm")
            let subscription = try ClientSubscription(configuration, on: executor)
            let service = try ExceptionService(
                configuration: LoadedConfiguration(), subscription: subscription, on: executor,
                log: Logger(label: "storm") { _ in SwiftLogNoOpLogHandler() })
            return (executor, service)
        }
        try await service.follow(events)
        await service.clientMayHaveChanged()
        #expect(await service.lastError == nil)

        // Start this thread while all threads have the capability. After `perform`, this test continues on a new
        // thread, which the daemon's thread starts and which inherits the lack of the capability.
        let mayCommit = Monitor(false)
        let committer = try WorkerThread(name: "writer") {
            mayCommit.wait { $0 ? () : nil }
            do { try Self.commit(300, to: namespace.connection()) } catch { Issue.record(error) }
        }
        // Without the capability every look fails.
        try await perform(on: executor) { csupport_switch_network_administration(0) }
        // The daemon's thread waits until all commits have been made.
        let areCommitted = Monitor(false)
        executor.perform { areCommitted.wait { $0 ? () : nil } }
        mayCommit.withLock { $0 = true }
        committer.join()
        areCommitted.withLock { $0 = true }
        // After two turns of its event loop, the thread has taken all events.
        for _ in 0..<2 { try await perform(on: executor) { 0 } }
        let failed = await service.activity.failures
        #expect((1...3).contains(failed), "\(failed) failed looks")
        try await perform(on: executor) { csupport_switch_network_administration(1) }
        try await eventually("a look that succeeds") { await service.lastError == nil }
        #expect(await service.withdraw())
        _ = try namespace.nft(load: "delete table inet filter")
        #expect(try namespace.nft("list", "ruleset") == "")
    }

    /// Makes `count` commits, each of which adds a rule to the chain `shared`.
    private static func commit(_ count: Int, to writer: RulesetConnection) throws {
        let shared = ChainName(TableName(.inet, "filter"), "shared")
        for number in 0..<count {
            let rule = NewRule([.matchIPv4, .counter, .accept], comment: "\(number)")
            try writer.commit([.addRule(rule, to: shared, .last)])
        }
    }

    /// Runs `body` on the thread of the executor and waits for its end. Throws if it returns a negative errno.
    private func perform(on executor: ThreadExecutor, _ body: @escaping @Sendable () -> CInt) async throws {
        let status: CInt = await withCheckedContinuation { continuation in
            executor.perform { continuation.resume(returning: body()) }
        }
        try checkStatus("change the capability") { status }
    }
}
