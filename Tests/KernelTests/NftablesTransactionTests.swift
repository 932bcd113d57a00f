// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Platform
import TeredoProtocol
import TestSupport
import Testing

/// A namespace with a table that has a chain of three rules (for 10.0.0.1 to .3) and a set of ports with
/// timeouts.
private struct Fixture {
    static let table = TableName(.inet, "fixture")
    static let chain = ChainName(table, "c")
    static let ports = SetName(table, "ports")

    let namespace: NetworkNamespace
    let connection: RulesetConnection

    init() throws {
        namespace = try NetworkNamespace.forTest()
        connection = try namespace.connection()
        try connection.commit(
            [.addTable(Table(Self.table)), .addChain(Chain(Self.chain)), .addSet(.timedPorts(Self.ports))]
                + (1...3).map { .addRule(Self.rule($0), to: Self.chain, .last) })
    }

    static func rule(_ number: UInt8) -> NewRule {
        NewRule([.ipDestination(IPv4Address(10, 0, 0, number)), .accept])
    }

    /// The last bytes of the addresses of the chain's rules.
    func order() throws -> [UInt8] {
        try connection.rules(of: Self.chain).map { rule in
            for case .compare(.equal, let bytes) in rule.expressions where bytes.count == 4 {
                return bytes[3]
            }
            return 0
        }
    }

    /// The elements of the set, sorted.
    func ports() throws -> [UInt16] { try connection.elements(of: Self.ports).map(\.port).sorted() }
}

@Suite(.enabledAsRoot) struct NftablesTransactionTests {
    @Test func `a transaction for a generation is refused at every other generation`() throws {
        let fixture = try Fixture()
        let connection = fixture.connection
        let generation = try connection.generation()
        try connection.commit([.addChain(Chain(ChainName(Fixture.table, "a")))], ifGeneration: generation)
        let next = try connection.generation()
        #expect(next == generation + 1)
        #expect(throws: NftablesError.stale) {
            try connection.commit(
                [.addChain(Chain(ChainName(Fixture.table, "b")))], ifGeneration: generation)
        }
        #expect(throws: NftablesError.stale) {
            try connection.commit([.addChain(Chain(ChainName(Fixture.table, "b")))], ifGeneration: 0)
        }
        #expect(try connection.chains().map(\.name.name) == ["c", "a"])
        #expect(try connection.generation() == next)
        // The socket still works after the refusal.
        try connection.commit([.deleteChain(ChainName(Fixture.table, "a"))], ifGeneration: next)
    }

    @Test func `a transaction for a generation is refused after another program's commit`() throws {
        let fixture = try Fixture()
        let generation = try fixture.connection.generation()
        try fixture.namespace.nft("add", "table", "ip", "other")
        #expect(throws: NftablesError.stale) {
            try fixture.connection.commit([.deleteTable(Fixture.table)], ifGeneration: generation)
        }
        #expect(try fixture.connection.tables().count == 2)
    }

    @Test func `a rule is added at the requested position`() throws {
        let fixture = try Fixture()
        let second = try fixture.connection.rules(of: Fixture.chain)[1].handle
        try fixture.connection.commit([
            .addRule(Fixture.rule(4), to: Fixture.chain, .last),
            .addRule(Fixture.rule(5), to: Fixture.chain, .first),
            .addRule(Fixture.rule(6), to: Fixture.chain, .before(handle: second)),
            .addRule(Fixture.rule(7), to: Fixture.chain, .after(handle: second)),
        ])
        #expect(try fixture.order() == [5, 1, 6, 2, 7, 3, 4])
        try fixture.connection.commit([.deleteRule(Fixture.chain, handle: second)])
        #expect(try fixture.order() == [5, 1, 6, 7, 3, 4])
        try fixture.connection.commit([.flushChain(Fixture.chain)])
        #expect(try fixture.order().isEmpty)
    }

    @Test func `adding an existing object is no error, but duplicates a rule`() throws {
        let fixture = try Fixture()
        try fixture.connection.commit([
            .addTable(Table(Fixture.table)), .addChain(Chain(Fixture.chain)),
            .addSet(.timedPorts(Fixture.ports)), .addElements(Fixture.ports, [TimedElement(1, timeout: nil)]),
            .addElements(Fixture.ports, [TimedElement(1, timeout: nil)]),
            .addRule(Fixture.rule(1), to: Fixture.chain, .last),
        ])
        #expect(try fixture.order() == [1, 2, 3, 1])
        #expect(try fixture.ports() == [1])
    }

    @Test func `flushing a set and adding to it replaces its ports, whatever it contained`() throws {
        let fixture = try Fixture()
        func swap(to ports: [UInt16], timeout: Duration = .seconds(60)) throws {
            try fixture.connection.commit([
                .flushSet(Fixture.ports),
                .addElements(Fixture.ports, ports.map { TimedElement($0, timeout: timeout) }),
            ])
        }
        try swap(to: [3545])  // from an empty set: no ENOENT
        #expect(try fixture.ports() == [3545])
        try swap(to: [3546])
        #expect(try fixture.ports() == [3546])
        try swap(to: [3546, 3547], timeout: .seconds(600))  // 3546 is renewed
        let renewed = try fixture.connection.elements(of: Fixture.ports)
        #expect(renewed.map(\.port).sorted() == [3546, 3547])
        #expect(renewed.map(\.timeout) == [.seconds(600), .seconds(600)])
        #expect(renewed.allSatisfy { ($0.remaining ?? .zero) > .seconds(500) })
        try swap(to: [])
        #expect(try fixture.ports().isEmpty)
    }

    @Test func `an element with the shortest timeout is gone soon, and an expired one can be flushed`()
        async throws
    {
        let fixture = try Fixture()
        try fixture.connection.commit([
            .addElements(
                Fixture.ports, [TimedElement(7, timeout: .zero), TimedElement(8, timeout: .seconds(90))])
        ])
        let deadline = ContinuousClock.now + .seconds(30)
        while try fixture.ports() != [8], .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try fixture.ports() == [8])
        try fixture.connection.commit([.flushSet(Fixture.ports)])
        #expect(try fixture.ports().isEmpty)
    }

    @Test func `jump, chain and set are removed in one transaction`() throws {
        let fixture = try Fixture()
        let before = try fixture.namespace.nft("list", "ruleset")
        let (own, set) = (ChainName(Fixture.table, "own"), SetName(Fixture.table, "own"))
        try fixture.connection.commit([
            .addChain(Chain(own)), .addSet(.timedPorts(set)),
            .addElements(set, [TimedElement(9, timeout: .seconds(60))]),
            .addRule(NewRule([.udpDestinationPort(inSet: "own"), .accept]), to: own, .last),
            .addRule(NewRule([.jump("own")]), to: Fixture.chain, .first),
        ])
        let jump = try fixture.connection.rules(of: Fixture.chain)[0]
        #expect(jump.expressions == [.verdict(.jump("own"))])
        try fixture.connection.commit([
            .deleteRule(Fixture.chain, handle: jump.handle), .flushChain(own), .deleteSet(set),
            .deleteChain(own),
        ])
        #expect(try fixture.namespace.nft("list", "ruleset") == before)
    }

    @Test(arguments: [4_000, 16_000])
    func `a large transaction is applied completely or not at all`(count: Int) throws {
        let fixture = try Fixture()
        let rules = (0..<count).map { number in
            Operation.addRule(
                NewRule(
                    [.ipDestination(IPv4Address(bits: UInt32(number))), .counter, .accept],
                    comment: "number \(number)"), to: Fixture.chain, .last)
        }
        try fixture.connection.commit(rules)
        let listed = try fixture.connection.rules(of: Fixture.chain)
        #expect(listed.count == 3 + count)
        #expect(listed.last?.comment == "number \(count - 1)")

        // One invalid operation, first at the end and then at the start, undoes the whole transaction.
        let refused = Operation.deleteChain(ChainName(Fixture.table, "absent"))
        for (operations, index) in [(rules + [refused], count), ([refused] + rules, 0)] {
            #expect {
                try fixture.connection.commit(operations)
            } throws: { error in
                guard case NftablesError.rejected(let rejections) = error else { return false }
                return rejections.map(\.operation) == [index]
            }
        }
        #expect(try fixture.connection.rules(of: Fixture.chain).count == 3 + count)
    }

    @Test func `a set can contain every port`() async throws {
        let fixture = try Fixture()
        try fixture.connection.commit([
            .addElements(Fixture.ports, (0...65535).map { TimedElement($0, timeout: .seconds(600)) })
        ])
        // After the commit, the kernel enlarges the hash table of the set for a while, and a listing may lack
        // elements.
        let deadline = ContinuousClock.now + .seconds(30)
        var ports = try fixture.ports()
        while ports.count != 65536, .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            ports = try fixture.ports()
        }
        #expect(ports == Array(0...65535))
    }

    @Test func `a transaction without operations is not sent`() throws {
        let fixture = try Fixture()
        let generation = try fixture.connection.generation()
        try fixture.connection.commit([])
        try fixture.connection.commit([], ifGeneration: generation - 1)
        #expect(try fixture.connection.generation() == generation)
        // Nor does the connection wait for an answer to an operation that changes nothing.
        try fixture.connection.commit([.addElements(Fixture.ports, [])])
    }

    @Test func `the text of a transaction loads in nft and leads to the same ruleset`() throws {
        let (ours, theirs) = (try Fixture(), try Fixture())
        let second = try ours.connection.rules(of: Fixture.chain)[1].handle
        let operations: [Operation] = [
            .addChain(Chain(ChainName(Fixture.table, "new"), comment: "hello")),
            .addRule(Fixture.rule(8), to: ChainName(Fixture.table, "new"), .last),
            .addRule(Fixture.rule(4), to: Fixture.chain, .first),
            .addRule(Fixture.rule(5), to: Fixture.chain, .before(handle: second)),
            .addRule(Fixture.rule(6), to: Fixture.chain, .after(handle: second)),
            .deleteRule(Fixture.chain, handle: second),
            .addElements(Fixture.ports, [TimedElement(1, timeout: nil)]), .flushSet(Fixture.ports),
            .addTable(Table(TableName(.ip6, "six"))), .deleteTable(TableName(.ip6, "six")),
            .flushChain(ChainName(Fixture.table, "new")),
        ]
        try ours.connection.commit(operations)
        try theirs.namespace.nft(load: nftText(of: operations))
        #expect(try ours.order() == [4, 1, 5, 6, 3])
        let listings = try [ours, theirs].map { try $0.namespace.nft("list", "ruleset") }
        #expect(listings[0] == listings[1])
    }
}
