// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Platform
import TeredoProtocol
import TestSupport
import Testing

/// Tests that nft lists what this package commits in the same way as the same text loaded by nft.
@Suite(.enabledAsRoot) struct NftablesListingTests {
    static let filter = TableName(.inet, "filter")
    static let ports = SetName(filter, "teredowall-ports")
    static let chain = ChainName(filter, "teredowall-input")
    static let input = ChainName(filter, "input")

    static let operations: [Operation] = [
        .addTable(Table(filter, comment: "made by us")),
        .addSet(.timedPorts(ports, comment: "of the client")),
        .addSet(.timedPorts(SetName(filter, "plain"))),
        .addChain(Chain(chain, comment: "a chain of ours")),
        .addChain(Chain(input, base: BaseChain(hook: .input, priority: 0, policy: .drop))),
        .addChain(
            Chain(
                ChainName(filter, "output"),
                base: BaseChain(hook: .output, priority: -5, policy: .accept), comment: "out")),
        .addElements(
            ports, [TimedElement(3545, timeout: .seconds(180)), TimedElement(50000, timeout: nil)]),
        .addRule(
            NewRule([.matchIPv4, .udpDestinationPort(inSet: ports.name), .counter, .accept], comment: "I1"),
            to: chain, .last),
        .addRule(
            NewRule(
                [
                    .matchIPv4, .ipDestination(IPv4Address(224, 0, 0, 253)),
                    .udpDestinationPort(inSet: "plain"), .counter, .accept,
                ], comment: "I2"), to: chain, .last),
        .addRule(
            NewRule([.ipDestination(IPv4Address(10, 1, 2, 3)), .udpSourcePort(inSet: "plain"), .accept]),
            to: chain, .last),
        .addRule(
            NewRule([.matchIPv4, .udpDestinationPort(inSet: "plain"), .socketUser(65534), .counter, .accept]),
            to: chain, .last),
        .addRule(NewRule([.matchIPv4, .matchIGMP, .counter, .accept]), to: chain, .last),
        .addRule(NewRule([.jump(chain.name)], comment: "the way in"), to: input, .last),
    ]

    /// Operations for a table of the family ip, in which `matchIPv4` needs no expression.
    static let ipOperations: [Operation] = [
        .addTable(Table(TableName(.ip, "four"))),
        .addSet(.timedPorts(SetName(TableName(.ip, "four"), "p"))),
        .addChain(Chain(ChainName(TableName(.ip, "four"), "c"))),
        .addRule(
            NewRule([.matchIPv4, .udpDestinationPort(inSet: "p"), .counter, .accept], comment: "x"),
            to: ChainName(TableName(.ip, "four"), "c"), .last),
        .addRule(
            NewRule(
                [
                    .matchIPv4, .ipDestination(IPv4Address(224, 0, 0, 253)), .udpDestinationPort(inSet: "p"),
                    .accept,
                ]), to: ChainName(TableName(.ip, "four"), "c"), .last),
        .addRule(
            NewRule([.matchIPv4, .matchIGMP, .accept]), to: ChainName(TableName(.ip, "four"), "c"), .last),
    ]

    @Test(arguments: [operations, ipOperations])
    func `nft lists our commits in the same way as the same text loaded by nft`(
        operations: [Operation]
    ) throws {
        let (ours, theirs) = (try NetworkNamespace.forTest(), try NetworkNamespace.forTest())
        let connection = try ours.connection()
        try connection.commit(operations)
        try theirs.nft(load: nftText(of: operations))
        let listing = try ours.nft("list", "ruleset")
        #expect(listing.contains("dport @"))
        #expect(stable(listing) == stable(try theirs.nft("list", "ruleset")))
        // The JSON form also contains handles and other fields that the text form leaves out.
        let json = try [ours, theirs].map { stable(try $0.nft("-j", "list", "ruleset")) }
        #expect(json[0] == json[1])
    }

    /// A listing without remaining timeouts. A regex literal cannot begin with a space unless it is escaped.
    private func stable(_ listing: String) -> String {
        listing.replacing(/\ expires [0-9a-z]+/, with: "").replacing(/"expires": [0-9]+/, with: "")
    }

    @Test func `nft lists our rules in its own syntax`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.connection().commit(Self.operations)
        let listing = try namespace.nft("list", "ruleset")
        for line in [
            "comment \"made by us\"", "comment \"of the client\"", "comment \"a chain of ours\"",
            "meta nfproto ipv4 udp dport @teredowall-ports counter packets 0 bytes 0 accept comment \"I1\"",
            "ip daddr 224.0.0.253 udp dport @plain counter packets 0 bytes 0 accept comment \"I2\"",
            "ip daddr 10.1.2.3 udp sport @plain accept",
            "meta nfproto ipv4 udp dport @plain meta skuid 65534 counter packets 0 bytes 0 accept",
            "meta nfproto ipv4 meta l4proto igmp counter packets 0 bytes 0 accept",
            "jump teredowall-input comment \"the way in\"",
            "type filter hook input priority filter; policy drop;",
            "type filter hook output priority filter - 5; policy accept;",
        ] {
            #expect(listing.contains("\t" + line + "\n"), "\(line)")
        }
    }

    @Test func `the committed objects are read back`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try namespace.connection()
        try connection.commit(Self.operations)

        let table = try #require(try connection.tables().first)
        #expect(table.name == Self.filter && table.comment == "made by us" && table.owner == nil)

        let sets = try connection.sets()
        #expect(sets.map(\.name.name) == ["teredowall-ports", "plain"])
        #expect(sets.map { $0.hasSameType(as: .timedPorts($0.name)) } == [true, true])
        #expect(sets.map(\.comment) == ["of the client", nil])

        let chains = try connection.chains()
        #expect(chains.map(\.name.name) == ["teredowall-input", "input", "output"])
        #expect(chains.map(\.comment) == ["a chain of ours", nil, "out"])
        #expect(chains[0].base == nil)
        #expect(chains[1].base == BaseChain(hook: .input, priority: 0, policy: .drop))
        #expect(chains[2].base == BaseChain(hook: .output, priority: -5, policy: .accept))

        let elements = try connection.elements(of: Self.ports).sorted { $0.port < $1.port }
        #expect(elements.map(\.port) == [3545, 50000])
        #expect(elements.map(\.timeout) == [.seconds(180), nil])
        #expect(elements[0].remaining.map { $0 > .seconds(150) && $0 <= .seconds(180) } == true)
        #expect(elements[1].remaining == nil)

        let rules = try connection.rules(of: Self.chain)
        let texts = Self.operations.compactMap { operation in
            if case .addRule(let text, Self.chain, _) = operation { text } else { nil }
        }
        #expect(rules.count == texts.count && texts.count == 5)
        for (rule, text) in zip(rules, texts) {
            #expect(text.matches(rule), "\(rule)")
            #expect(rule.handle != 0)
        }
        #expect(!texts[0].matches(rules[1]))
        #expect(try connection.rules(of: ChainName(Self.filter, "absent")).isEmpty)
    }
}
