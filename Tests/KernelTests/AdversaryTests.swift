// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let table = TableName(.inet, "filter")

/// A program that edits a foreign table at random, and the tables and rules of teredowall as well, as fast as
/// the kernel accepts commits. It keeps a model of the foreign table (``rules``), which the test compares
/// with the kernel's table at the end.
///
/// Unchecked, because only its thread uses ``rules`` and ``problems`` until ``isFinished`` is true.
private final class Adversary: @unchecked Sendable {
    private let connection: RulesetConnection
    private let minimumEdits: Int
    private var random: SeededGenerator
    private var lastNumber = 0
    /// The comments of the foreign rules that should be in the chain "input", in order.
    private(set) var rules: [String] = []
    private(set) var problems: [String] = []
    private let lock = NSLock()
    private var finished = false
    private var mayEnd = false

    init(_ connection: RulesetConnection, minimumEdits: Int, seed: UInt64) throws {
        self.connection = connection
        self.minimumEdits = minimumEdits
        random = SeededGenerator(state: seed)
        try connection.commit(Self.emptyTable)
    }

    static let input = ChainName(table, "input")
    /// Makes the foreign table with chains that have no rules.
    static let emptyTable: [Nftables.Operation] = [
        .addTable(Table(table)),
        .addChain(Chain(input, base: BaseChain(hook: .input, policy: .drop))),
        .addChain(Chain(ChainName(table, "output"), base: BaseChain(hook: .output, policy: .drop))),
    ]

    /// A foreign rule, which only the comment distinguishes from others.
    static func rule(_ comment: String) -> NewRule {
        NewRule([.matchIPv4, .socketUser(7), .counter, .accept], comment: comment)
    }

    var isFinished: Bool { lock.withLock { finished } }

    /// Starts to edit on a thread of its own: ``minimumEdits`` times, then until ``allowEnd()`` is called, but at
    /// most 20 times as often.
    func start() {
        Thread.detachNewThread { [self] in
            for number in 0..<20 * minimumEdits
            where number < minimumEdits || !lock.withLock({ mayEnd }) {
                do { try edit() } catch { problems.append("\(error)") }
            }
            lock.withLock { finished = true }
        }
    }

    func allowEnd() { lock.withLock { mayEnd = true } }

    private func edit() throws {
        // The kinds of edits by their percentages, added up.
        switch Int.random(in: 0..<100, using: &random) {
        case ..<40: try add(.last)
        case ..<55: try add(.first)
        case ..<75: try remove()
        case ..<85:
            try connection.commit([.flushChain(Self.input)])
            rules = []
        case ..<90:
            try connection.commit([.deleteTable(table)] + Self.emptyTable)
            rules = []
        default: damageTeredowall()
        }
        // A pause after about every tenth edit, as in scripts.
        if Int.random(in: 0..<10, using: &random) == 0 { usleep(2_000) }
    }

    private func add(_ position: RulePosition) throws {
        lastNumber += 1
        let comment = "rule \(lastNumber)"
        try connection.commit([.addRule(Self.rule(comment), to: Self.input, position)])
        rules.insert(comment, at: position == .first ? 0 : rules.count)
    }

    private func remove() throws {
        guard let comment = rules.randomElement(using: &random) else { return }
        let handle = try connection.rules(of: Self.input).first { $0.comment == comment }?.handle
        guard let handle else {
            problems.append("\(comment) is gone")
            return
        }
        try connection.commit([.deleteRule(Self.input, handle: handle)])
        rules.removeAll { $0 == comment }
    }

    /// Removes, empties or adds objects of teredowall, whether they exist or not.
    private func damageTeredowall() {
        let chain = ChainName(table, "teredowall-input")
        let jump = (try? connection.rules(of: Self.input))?.first {
            $0.comment?.hasPrefix(Mark.prefix) == true
        }
        let operations: [[Nftables.Operation]] = [
            [.deleteTable(.teredowall)], [.flushChain(chain)],
            [.flushSet(SetName(table, "teredowall-ports"))],
            jump.map {
                [.deleteRule(Self.input, handle: $0.handle), .flushChain(chain), .deleteChain(chain)]
            } ?? [],
            jump.map { [.deleteRule(Self.input, handle: $0.handle)] } ?? [],
            [.addRule(NewRule([.jump(chain.name)], comment: jump?.comment), to: Self.input, .first)],
        ]
        // The kernel refuses the commit if an object is missing, for example because another commit removed it.
        try? connection.commit(operations.randomElement(using: &random) ?? [])
    }
}

@Suite(.enabledAsRoot) struct AdversaryTests {
    @Test(arguments: [1, 2] as [UInt64])
    func `10 000 edits by a program leave its rules intact and our rules once each`(seed: UInt64) throws {
        let namespace = try NetworkNamespace.forTest()
        let adversary = try Adversary(namespace.connection(), minimumEdits: 10_000, seed: seed)
        let firewall = try namespace.firewall()
        // With seed 1 the firewall reads the whole ruleset each time; with seed 2 it follows the kernel's events.
        if seed == 2 { firewall.follow(try namespace.rulesetEvents()) }
        adversary.start()
        var (successes, lostRaces) = (0, 0)
        while !adversary.isFinished {
            let openings = Openings(ports: [UInt16(40_000 + successes % 1_000)], clientUser: 104)
            let usesRefresh = successes % 3 == 0
            switch try attempt({ () throws(NftablesError) in
                usesRefresh
                    ? try firewall.refresh(openings, policy: Policy())
                    : try firewall.reconcile(openings, policy: Policy())
            }) {
            case nil: lostRaces += 1
            case _?: successes += 1
            }
            // On a busy machine 10 000 edits may be over before the firewall has succeeded often enough.
            if successes > 100 { adversary.allowEnd() }
        }
        #expect(adversary.problems == [])
        #expect(successes > 100, "\(lostRaces) calls lost every race")

        let openings = Openings(ports: [41234], clientUser: 104)
        _ = try firewall.reconcile(openings, policy: Policy())
        #expect(try firewall.plan(openings, policy: Policy()).operations == [])
        let reference = try NetworkNamespace.forTest()
        let connection = try reference.connection()
        try connection.commit(
            Adversary.emptyTable
                + adversary.rules.map { .addRule(Adversary.rule($0), to: Adversary.input, .last) })
        let foreign = try reference.listing()
        _ = try reference.firewall().reconcile(openings, policy: Policy())
        for name in ["filter", "teredowall"] {
            let lines = try namespace.nft("-s", "list", "table", "inet", name).split(separator: "\n")
            let expected = try reference.nft("-s", "list", "table", "inet", name).split(separator: "\n")
            // The order of the chains in a listing depends on when they were made.
            #expect(lines.sorted() == expected.sorted())
        }
        // Compares the order of the foreign rules only. An existing jump of teredowall that still works stays
        // in its place, so its position depends on when the firewall's commit succeeded. The comparison of the
        // sorted listings above shows that the jump exists exactly once.
        func foreignRules(_ namespace: NetworkNamespace) throws -> [String] {
            try namespace.connection().rules(of: Adversary.input).filter {
                $0.comment?.hasPrefix(Mark.prefix) != true
            }
            .map { $0.comment ?? "" }
        }
        #expect(try foreignRules(namespace) == adversary.rules)
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try namespace.listing() == foreign)
    }

    /// Returns nil if every attempt to commit lost the race against the adversary (`NftablesError.stale`).
    private func attempt(
        _ body: () throws(NftablesError) -> Reconciliation
    ) throws -> Reconciliation? {
        do { return try body() } catch {
            if error == .stale { return nil }
            throw error
        }
    }
}
