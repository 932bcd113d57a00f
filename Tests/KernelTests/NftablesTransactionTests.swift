// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Platform
import TeredoProtocol
import TestSupport
import Testing

/// A namespace with a table that has a chain of three rules (for 10.0.0.1 to .3) and a set of ports with
/// timeouts.
private struct Ground {
    static let table = TableName(.inet, "ground")
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

    func ports() throws -> [UInt16] { try connection.elements(of: Self.ports).map(\.port).sorted() }
}

struct NftablesTransactionTests {
    @Test func `a transaction bound to a generation applies to that one only`() throws {
        let ground = try Ground()
        let connection = ground.connection
        let generation = try connection.generation()
        try connection.commit([.addChain(Chain(ChainName(Ground.table, "a")))], ifGeneration: generation)
        let next = try connection.generation()
        #expect(next == generation + 1)
        #expect(throws: NftablesError.stale) {
            try connection.commit(
                [.addChain(Chain(ChainName(Ground.table, "b")))], ifGeneration: generation)
        }
        #expect(throws: NftablesError.stale) {
            try connection.commit([.addChain(Chain(ChainName(Ground.table, "b")))], ifGeneration: 0)
        }
        #expect(try connection.chains().map(\.name.name) == ["c", "a"])
        #expect(try connection.generation() == next)
        // The socket still works after the refusal.
        try connection.commit([.deleteChain(ChainName(Ground.table, "a"))], ifGeneration: next)
    }

    @Test func `a commit of another program makes a plan stale`() throws {
        let ground = try Ground()
        let generation = try ground.connection.generation()
        try ground.namespace.nft("add", "table", "ip", "other")
        #expect(throws: NftablesError.stale) {
            try ground.connection.commit([.deleteTable(Ground.table)], ifGeneration: generation)
        }
        #expect(try ground.connection.tables().count == 2)
    }

    @Test func `a rule goes first, last, before and after`() throws {
        let ground = try Ground()
        let second = try ground.connection.rules(of: Ground.chain)[1].handle
        try ground.connection.commit([
            .addRule(Ground.rule(4), to: Ground.chain, .last),
            .addRule(Ground.rule(5), to: Ground.chain, .first),
            .addRule(Ground.rule(6), to: Ground.chain, .before(handle: second)),
            .addRule(Ground.rule(7), to: Ground.chain, .after(handle: second)),
        ])
        #expect(try ground.order() == [5, 1, 6, 2, 7, 3, 4])
        try ground.connection.commit([.deleteRule(Ground.chain, handle: second)])
        #expect(try ground.order() == [5, 1, 6, 7, 3, 4])
        try ground.connection.commit([.flushChain(Ground.chain)])
        #expect(try ground.order().isEmpty)
    }

    @Test func `adding an existing object is no error, but duplicates a rule`() throws {
        let ground = try Ground()
        try ground.connection.commit([
            .addTable(Table(Ground.table)), .addChain(Chain(Ground.chain)),
            .addSet(.timedPorts(Ground.ports)), .addElements(Ground.ports, [PortElement(1, timeout: nil)]),
            .addElements(Ground.ports, [PortElement(1, timeout: nil)]),
            .addRule(Ground.rule(1), to: Ground.chain, .last),
        ])
        #expect(try ground.order() == [1, 2, 3, 1])
        #expect(try ground.ports() == [1])
    }

    @Test func `flushing a set and adding to it swaps ports, whatever was in it`() throws {
        let ground = try Ground()
        func swap(to ports: [UInt16], timeout: Duration = .seconds(60)) throws {
            try ground.connection.commit([
                .flushSet(Ground.ports),
                .addElements(Ground.ports, ports.map { PortElement($0, timeout: timeout) }),
            ])
        }
        try swap(to: [3545])  // from an empty set: no ENOENT
        #expect(try ground.ports() == [3545])
        try swap(to: [3546])
        #expect(try ground.ports() == [3546])
        try swap(to: [3546, 3547], timeout: .seconds(600))  // the same one renewed
        let renewed = try ground.connection.elements(of: Ground.ports)
        #expect(renewed.map(\.port).sorted() == [3546, 3547])
        #expect(renewed.map(\.timeout) == [.seconds(600), .seconds(600)])
        #expect(renewed.allSatisfy { ($0.remaining ?? .zero) > .seconds(500) })
        try swap(to: [])
        #expect(try ground.ports().isEmpty)
    }

    @Test func `an element with the shortest timeout is gone soon, and an expired one can be flushed`()
        async throws
    {
        let ground = try Ground()
        try ground.connection.commit([
            .addElements(
                Ground.ports, [PortElement(7, timeout: .zero), PortElement(8, timeout: .seconds(90))])
        ])
        let deadline = ContinuousClock.now + .seconds(30)
        while try ground.ports() != [8], .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try ground.ports() == [8])
        try ground.connection.commit([.flushSet(Ground.ports)])
        #expect(try ground.ports().isEmpty)
    }

    @Test func `jump, chain and set are removed in one transaction`() throws {
        let ground = try Ground()
        let before = try ground.namespace.nft("list", "ruleset")
        let (own, set) = (ChainName(Ground.table, "own"), SetName(Ground.table, "own"))
        try ground.connection.commit([
            .addChain(Chain(own)), .addSet(.timedPorts(set)),
            .addElements(set, [PortElement(9, timeout: .seconds(60))]),
            .addRule(NewRule([.udpDestinationPort(inSet: "own"), .accept]), to: own, .last),
            .addRule(NewRule([.jump("own")]), to: Ground.chain, .first),
        ])
        let jump = try ground.connection.rules(of: Ground.chain)[0]
        #expect(jump.expressions == [.verdict(.jump("own"))])
        try ground.connection.commit([
            .deleteRule(Ground.chain, handle: jump.handle), .flushChain(own), .deleteSet(set),
            .deleteChain(own),
        ])
        #expect(try ground.namespace.nft("list", "ruleset") == before)
    }

    @Test(arguments: [4_000, 16_000])
    func `large transactions go in one piece`(count: Int) throws {
        let ground = try Ground()
        let rules = (0..<count).map { number in
            Operation.addRule(
                NewRule(
                    [.ipDestination(IPv4Address(bits: UInt32(number))), .counter, .accept],
                    comment: "number \(number)"), to: Ground.chain, .last)
        }
        try ground.connection.commit(rules)
        let listed = try ground.connection.rules(of: Ground.chain)
        #expect(listed.count == 3 + count)
        #expect(listed.last?.comment == "number \(count - 1)")

        // One invalid operation, first at the end and then at the start, undoes the whole transaction.
        let bad = Operation.deleteChain(ChainName(Ground.table, "absent"))
        for (operations, index) in [(rules + [bad], count), ([bad] + rules, 0)] {
            #expect {
                try ground.connection.commit(operations)
            } throws: { error in
                guard case NftablesError.rejected(let rejections) = error else { return false }
                return rejections.map(\.operation) == [index]
            }
        }
        #expect(try ground.connection.rules(of: Ground.chain).count == 3 + count)
    }

    @Test func `every port at once`() async throws {
        let ground = try Ground()
        try ground.connection.commit([
            .addElements(Ground.ports, (0...65535).map { PortElement($0, timeout: .seconds(600)) })
        ])
        // After the commit, the kernel enlarges the hash table of the set for a while, and a listing may lack
        // elements.
        let deadline = ContinuousClock.now + .seconds(30)
        var ports = try ground.ports()
        while ports.count != 65536, .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            ports = try ground.ports()
        }
        #expect(ports == Array(0...65535))
    }

    @Test func `a transaction without operations is not sent`() throws {
        let ground = try Ground()
        let generation = try ground.connection.generation()
        try ground.connection.commit([])
        try ground.connection.commit([], ifGeneration: generation - 1)
        #expect(try ground.connection.generation() == generation)
        // Nor does the connection wait for an answer to an operation that changes nothing.
        try ground.connection.commit([.addElements(Ground.ports, [])])
    }

    @Test func `the text of a plan loads in nft and leads to the same ruleset`() throws {
        let (ours, theirs) = (try Ground(), try Ground())
        let second = try ours.connection.rules(of: Ground.chain)[1].handle
        let operations: [Operation] = [
            .addChain(Chain(ChainName(Ground.table, "new"), comment: "hello")),
            .addRule(Ground.rule(8), to: ChainName(Ground.table, "new"), .last),
            .addRule(Ground.rule(4), to: Ground.chain, .first),
            .addRule(Ground.rule(5), to: Ground.chain, .before(handle: second)),
            .addRule(Ground.rule(6), to: Ground.chain, .after(handle: second)),
            .deleteRule(Ground.chain, handle: second),
            .addElements(Ground.ports, [PortElement(1, timeout: nil)]), .flushSet(Ground.ports),
            .addTable(Table(TableName(.ip6, "six"))), .deleteTable(TableName(.ip6, "six")),
            .flushChain(ChainName(Ground.table, "new")),
        ]
        try ours.connection.commit(operations)
        try theirs.namespace.nft(load: nftText(of: operations))
        #expect(try ours.order() == [4, 1, 5, 6, 3])
        let listings = try [ours, theirs].map { try $0.namespace.nft("list", "ruleset") }
        #expect(listings[0] == listings[1])
    }
}
