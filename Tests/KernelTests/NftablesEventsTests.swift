// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport
import Testing

@testable import Nftables

@Suite(.enabledAsRoot) struct NftablesEventsTests {
    static let table = TableName(.inet, "t")

    /// The changes that arrive until there are `count`, or until none arrives in time.
    private func first(_ count: Int, of events: RulesetEvents) throws -> [RulesetChange] {
        var found: [RulesetChange] = []
        while found.count < count {
            let changes = try events.nextChanges()
            if changes.isEmpty { break }
            found += changes
        }
        return found
    }

    @Test func `the event of a commit has its netlink port, generation, process and program`() throws {
        let namespace = try NetworkNamespace.forTest()
        let events = try namespace.rulesetEvents()
        let connection = try namespace.connection()
        try connection.commit([.addTable(Table(Self.table))])
        let generation = try connection.generation()
        try namespace.nft("add", "table", "ip", "other")
        let changes = try first(2, of: events)
        #expect(changes.count == 2)
        guard case .committed(generation, connection.portID, let ownProcess?, _, _)? = changes.first else {
            Issue.record("\(changes)")
            return
        }
        #expect(ownProcess != 0)
        guard case .committed(generation + 1, let port, let process?, "nft", _)? = changes.last else {
            Issue.record("\(changes)")
            return
        }
        #expect(port != connection.portID && process != ownProcess)
    }

    @Test func `a commit is delivered to a waiting reader`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let events = try namespace.rulesetEvents()
        async let waiting = first(1, of: events)
        try namespace.nft("add", "table", "ip", "other")
        #expect(try await waiting.count == 1)
    }

    @Test func `a commit of any size is one event and fits into the smallest buffer`() throws {
        let namespace = try NetworkNamespace.forTest()
        let events = try namespace.run { () throws(any Error) in
            try RulesetEvents(.generation, receiveBuffer: 1)
        }
        let connection = try namespace.connection()
        let chain = ChainName(Self.table, "c")
        try connection.commit(
            [.addTable(Table(Self.table)), .addChain(Chain(chain))]
                + Array(
                    repeating: .addRule(NewRule([.counter, .accept], comment: "x"), to: chain, .last),
                    count: 4_000))
        let generation = try connection.generation()
        let found = try first(1, of: events)
        guard case .committed(generation, connection.portID, _, _, _)? = found.first else {
            Issue.record("\(found)")
            return
        }
        // Each of these nft commands is one commit. The buffer need not hold more than one event.
        var rest: [RulesetChange] = []
        for command in [
            ["flush", "chain", "inet", "t", "c"], ["flush", "ruleset"], ["add", "table", "inet", "t"],
        ] {
            try namespace.command("nft", command)
            rest += try first(1, of: events)
        }
        #expect(rest.count == 3 && !rest.contains(.lost))
    }

    /// The changed objects if exactly one commit is waiting to be taken; nil otherwise.
    private func objects(_ events: RulesetEvents) -> Set<ChangedObject>? {
        let changes = events.take()
        guard changes.count == 1, case .committed(_, _, _, _, let changed) = changes[0] else { return nil }
        return changed.areIncomplete ? nil : changed.objects
    }

    @Test func `a commit's event has the changed objects, except elements of sets not selected`() throws {
        let namespace = try NetworkNamespace.forTest()
        let events = try namespace.rulesetEvents()
        func set(_ name: String) -> SetName { SetName(Self.table, name) }
        try namespace.nft(
            load: """
                table inet t {
                    set selected { type ipv4_addr; }
                    set other { type ipv4_addr; }
                    map ways { type ipv4_addr : verdict; }
                    chain c { }
                    chain to { }
                }
                """)
        let made = objects(events)
        #expect(made?.contains(.table(Self.table)) == true && made?.contains(.set(set("ways"))) == true)
        try namespace.nft("add", "rule", "inet", "t", "c", "jump", "to")
        #expect(
            objects(events) == [
                .rule(in: ChainName(Self.table, "c")), .reference(to: ChainName(Self.table, "to")),
            ])
        try namespace.nft("add", "element", "inet", "t", "ways", "{ 192.0.2.1 : goto to }")
        #expect(
            objects(events) == [.element(of: set("ways")), .reference(to: ChainName(Self.table, "to"))])
        try events.listen(toElementsOf: [set("selected"), SetName(TableName(.ip, "t"), "other")])
        for name in ["other", "selected"] {
            try namespace.nft("add", "element", "inet", "t", name, "{ 192.0.2.1 }")
            #expect(objects(events) == (name == "selected" ? [.element(of: set(name))] : []))
        }
        // A datagram with several messages passes the socket filter, whatever the messages are about.
        try namespace.nft(load: "delete element inet t other { 192.0.2.1 }; add chain inet t fresh")
        #expect(objects(events)?.contains(.element(of: set("other"))) == true)
        // With more sets than a socket filter has instructions for, changes of all sets are reported.
        try events.listen(toElementsOf: (0..<2000).map { set("set-of-a-long-name-\($0)") })
        try namespace.nft("add", "element", "inet", "t", "other", "{ 192.0.2.2 }")
        #expect(objects(events) == [.element(of: set("other"))])
    }

    @Test func `lost events are reported, and later ones arrive`() throws {
        let namespace = try NetworkNamespace.forTest()
        let events = try namespace.run { () throws(any Error) in
            try RulesetEvents(.generation, receiveBuffer: 1)
        }
        let connection = try namespace.connection()
        for _ in 0..<500 {
            try connection.commit([.addTable(Table(Self.table))])
            try connection.commit([.deleteTable(Self.table)])
        }
        // Changes from before the loss are delivered first.
        #expect(events.take().last == .lost)
        try connection.commit([.addTable(Table(Self.table))])
        let last = try connection.generation()
        let later = try first(1, of: events)
        guard case .committed(last, _, _, _, _)? = later.last else {
            Issue.record("\(later)")
            return
        }
    }

    @Test func `commits of other namespaces are not reported`() throws {
        let (here, there) = (try NetworkNamespace.forTest(), try NetworkNamespace.forTest())
        let events = try here.rulesetEvents()
        try there.nft("add", "table", "ip", "there")
        try here.nft("add", "table", "ip", "here")
        let generation = try here.connection().generation()
        let found = try first(1, of: events)
        guard case .committed(generation, _, _, _, _)? = found.first, found.count == 1 else {
            Issue.record("\(found)")
            return
        }
    }
}
