// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport
import Testing

@Suite(.enabledAsRoot) struct ConcurrentWriterTests {
    private static let openings = Openings(ports: [41234], clientUser: 104)

    /// One version of the host's table. Consecutive versions differ in every part.
    private static func table(_ version: Int) -> String {
        """
        table inet filter
        delete table inet filter
        table inet filter {
            set services {
                type inet_service
                elements = { 22, \(1000 + version) }
            }
            chain input {
                type filter hook input priority filter; policy drop;
                tcp dport @services accept comment "version \(version)"
                udp dport \(1000 + version) accept
                udp dport \(2000 + version) drop
            }
        }

        """
    }

    /// Returns nil if every attempt to commit lost the race against the writer (`NftablesError.stale`).
    private func attempt(_ firewall: NftablesFirewall) throws -> Reconciliation? {
        do {
            return try firewall.reconcile(Self.openings, policy: Policy())
        } catch {
            if error == .stale { return nil }
            throw error
        }
    }

    @Test func `a program that rewrites its table in a loop and teredowall both succeed`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.table(0))
        let versions = 150
        let writer = Writer(namespace, (1...versions).map(Self.table))
        let firewall = try namespace.firewall()
        var repairs = 0
        while !writer.isFinished {
            if let result = try attempt(firewall) { repairs += result.operations.isEmpty ? 0 : 1 }
        }
        #expect(writer.failures == [])
        // The first is the plan that adds the exceptions: at least one more shows that the writer removed them.
        #expect(repairs > 1)

        _ = try firewall.reconcile(Self.openings, policy: Policy())
        let reference = try NetworkNamespace.forTest()
        try reference.nft(load: Self.table(versions))
        let foreign = try reference.listing()
        _ = try reference.firewall().reconcile(Self.openings, policy: Policy())
        // Table by table: a listing has the tables in the order of their creation, which the writer has changed.
        for table in ["filter", "teredowall"] {
            #expect(
                try namespace.nft("-s", "list", "table", "inet", table)
                    == reference.nft("-s", "list", "table", "inet", table))
        }
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try namespace.listing() == foreign)
    }
}

/// Loads nft texts one after the other on a thread of its own, which the initialiser starts.
private final class Writer: @unchecked Sendable {
    private let lock = NSLock()
    private var finished = false
    private var recordedFailures: [String] = []

    init(_ namespace: NetworkNamespace, _ texts: [String]) {
        Thread.detachNewThread { [self] in
            for text in texts {
                do { try namespace.nft(load: text) } catch {
                    lock.withLock { recordedFailures.append("\(error)") }
                }
            }
            lock.withLock { finished = true }
        }
    }

    var isFinished: Bool { lock.withLock { finished } }
    var failures: [String] { lock.withLock { recordedFailures } }
}
