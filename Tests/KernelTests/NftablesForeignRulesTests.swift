// SPDX-License-Identifier: GPL-2.0-or-later
import CNftables
import Glibc
import Platform
import TestSupport
import Testing

@testable import Nftables

/// Tests how rules that administrators and other programs write are decoded.
@Suite(.enabledAsRoot) struct NftablesForeignRulesTests {
    static let table = TableName(.inet, "foreign")
    static let chain = ChainName(table, "c")

    private static let udp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [17])]
    private static let destinationPort = Expression.payload(.transport, offset: 2, length: 2)

    /// A rule as an administrator writes it, and its decoded expressions. Numbers in `instruction` are keys and
    /// registers of the kernel (linux/netfilter/nf_tables.h).
    static let rules: [(text: String, expressions: [Expression])] = [
        ("accept", [.verdict(.accept)]),
        ("drop", [.verdict(.drop)]),
        ("return", [.verdict(.return)]),
        ("continue", [.verdict(.continue)]),
        ("jump other", [.verdict(.jump("other"))]),
        ("goto other", [.verdict(.goto("other"))]),
        ("counter packets 7 bytes 80", [.counter(packets: 7, bytes: 80)]),
        ("log prefix \"dropped: \" drop", [.log, .verdict(.drop)]),
        ("reject with icmpx admin-prohibited", [.reject]),
        ("limit rate 3/second accept", [.limit, .verdict(.accept)]),
        ("limit rate over 3/second drop", [.other("limit over"), .verdict(.drop)]),
        ("meta pkttype host drop", [.meta(.packetType), .compare(.equal, [0]), .verdict(.drop)]),
        ("udp dport 53 accept", udp + [destinationPort, .compare(.equal, [0, 53]), .verdict(.accept)]),
        (
            "udp dport != 53 drop",
            udp + [destinationPort, .compare(.notEqual, [0, 53]), .verdict(.drop)]
        ),
        (
            "udp dport >= 1024 accept",
            udp + [destinationPort, .compare(.greaterOrEqual, [4, 0]), .verdict(.accept)]
        ),
        (
            "udp dport <= 2047 accept",
            udp + [destinationPort, .compare(.lessOrEqual, [7, 255]), .verdict(.accept)]
        ),
        (
            "udp dport @ports accept",
            udp + [destinationPort, .lookup(set: "ports", inverted: false), .verdict(.accept)]
        ),
        (
            "udp dport != @ports drop",
            udp + [destinationPort, .lookup(set: "ports", inverted: true), .verdict(.drop)]
        ),
        ("udp dport vmap @verdicts", udp + [destinationPort, .verdictMap(map: "verdicts")]),
        (
            "iifname \"lo\" accept",
            [
                .meta(.interfaceNameIn), .compare(.equal, Array("lo".utf8) + Array(repeating: 0, count: 14)),
                .verdict(.accept),
            ]
        ),
        (
            "iifname \"eth*\" accept",
            [.meta(.interfaceNameIn), .compare(.equal, Array("eth".utf8)), .verdict(.accept)]
        ),
        ("oif lo accept", [.meta(.interfaceIndexOut), .compare(.equal, [1, 0, 0, 0]), .verdict(.accept)]),
        ("meta skuid 0 accept", [.meta(.socketUser), .compare(.equal, [0, 0, 0, 0]), .verdict(.accept)]),
        ("meta nfproto ipv6 drop", [.meta(.familyProtocol), .compare(.equal, [10]), .verdict(.drop)]),
        (
            "ct state invalid drop",
            [
                .instruction(.connection(0, to: 0)),
                .instruction(.mask(from: 0, to: 0, [1, 0, 0, 0], xor: [0, 0, 0, 0])),
                .compare(.notEqual, [0, 0, 0, 0]), .verdict(.drop),
            ]
        ),
        (
            "meta mark 1 accept",
            [.instruction(.meta(3, to: 0)), .compare(.equal, [1, 0, 0, 0]), .verdict(.accept)]
        ),
        (
            "meta mark set 5",
            [.instruction(.immediate([5, 0, 0, 0], to: 0)), .instruction(.setMeta(3, from: 0))]
        ),
        (
            "ct mark set 5",
            [.instruction(.immediate([5, 0, 0, 0], to: 0)), .instruction(.setConnection(3, from: 0))]
        ),
        (
            "ip dscp set cs1",
            [.meta(.familyProtocol), .compare(.equal, [2])] + [
                .payload(.network, offset: 0, length: 2),
                .instruction(.mask(from: 0, to: 0, [255, 3], xor: [0, 32])),
                .instruction(.setPayload(base: 1, offset: 0, length: 2, from: 0)),
            ]
        ),
        (
            "add @hosts { ip saddr }",
            [
                .meta(.familyProtocol), .compare(.equal, [2]), .payload(.network, offset: 12, length: 4),
                .instruction(.dynamicSet("hosts", operation: 0, isInverted: false, from: 0, [])),
            ]
        ),
        (
            "ip saddr . udp dport @pairs accept",
            [.meta(.familyProtocol), .compare(.equal, [2])] + udp + [
                .payload(.network, offset: 12, length: 4),
                .instruction(.payload(base: 2, offset: 2, length: 2, to: 4)),
                .lookup(set: "pairs", inverted: false), .verdict(.accept),
            ]
        ),
        (
            "tcp flags syn tcp option maxseg size set rt mtu",
            [
                .meta(.layer4Protocol), .compare(.equal, [6]), .payload(.transport, offset: 13, length: 1),
                .instruction(.mask(from: 0, to: 0, [2], xor: [0])), .compare(.notEqual, [0]),
                .instruction(.load("rt mtu", to: 0)),
                .instruction(.byteOrder(unit: 2, length: 2, from: 0, to: 0)), .other("exthdr set"),
            ]
        ),
        (
            "fib saddr type local accept",
            [
                .instruction(.route(result: 3, flags: 1, to: 0)), .compare(.equal, [2, 0, 0, 0]),
                .verdict(.accept),
            ]
        ),
        ("quota 10 mbytes drop", [.other("quota"), .verdict(.drop)]),
        ("notrack", [.other("notrack")]),
    ]

    static let text = """
        table inet foreign {
            set ports { type inet_service; }
            set hosts { type ipv4_addr; flags dynamic; size 64; }
            set pairs { type ipv4_addr . inet_service; }
            map verdicts { type inet_service : verdict; }
            chain other { }
            chain c {
        \(rules.map { "        " + $0.text }.joined(separator: "\n"))
            }
        }
        """

    @Test func `each rule is decoded, and unknown expressions are marked as such`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.text)
        let listed = try namespace.connection().rules(of: Self.chain)
        #expect(listed.count == Self.rules.count)
        for (rule, expected) in zip(listed, Self.rules) {
            #expect(rule.expressions == expected.expressions, "\(expected.text)")
        }
    }

    @Test func `the verdicts of a map are read, also of intervals and of the catch-all element`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(
            load: """
                table inet foreign {
                    map verdicts {
                        type ipv4_addr : verdict; flags interval
                        elements = {
                            10.0.0.0/8 : drop, 192.168.0.0/16 : jump other, 224.0.0.1 : goto other, * : return
                        }
                    }
                    chain other { }
                }
                """)
        let map = SetName(TableName(.inet, "foreign"), "verdicts")
        let entries = try #require(try namespace.connection().entries(of: map))
        let verdicts = entries.compactMap(\.verdict)
        #expect(verdicts.count == 4)
        #expect(entries.first { $0.key == nil }?.verdict == .return)
        #expect(entries.first { $0.verdict == .drop }?.key == [10, 0, 0, 0])
        #expect(entries.contains { $0.key == [11, 0, 0, 0] && $0.isIntervalEnd })
        #expect(Set(verdicts) == [.drop, .jump("other"), .goto("other"), .return])
    }

    @Test func `chains of every family are listed with their hooks`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(
            load: """
                table ip a { chain p { type nat hook postrouting priority srcnat; policy accept; }; }
                table ip6 b { chain r { type route hook output priority -150; policy accept; }; }
                table bridge c { chain f { type filter hook forward priority 0; policy drop; }; }
                table arp d { chain i { type filter hook input priority 0; policy accept; }; }
                table netdev e { chain n { type filter hook ingress device lo priority 0; policy accept; }; }
                table inet f { chain i { type filter hook ingress device lo priority 3; policy accept; }; }
                table inet g { chain plain { }; }
                """)
        let chains = try namespace.connection().chains()
        #expect(
            chains.map(\.name.description) == [
                "ip a p", "ip6 b r", "bridge c f", "arp d i", "netdev e n", "inet f i", "inet g plain",
            ])
        #expect(chains[0].base == BaseChain(hook: .postrouting, type: "nat", priority: 100))
        #expect(chains[1].base == BaseChain(hook: .output, type: "route", priority: -150))
        #expect(chains[2].base == BaseChain(hook: .forward, priority: 0, policy: .drop))
        #expect(chains[5].base == BaseChain(hook: .ingress, priority: 3, device: "lo"))
        #expect(chains[6].base == nil)
    }

    /// Messages of all kinds from the kernel: one for each object and each rule of the table.
    private func kernelMessages(in namespace: NetworkNamespace) throws -> [[UInt8]] {
        let socket = try namespace.run { () throws(SystemError) -> Socket in try Socket() }
        var found: [[UInt8]] = []
        func list(_ request: cnftables_request_kind, _ name: String?) throws {
            try checkStatus("list") {
                socket.list(request, family: .inet, table: name == nil ? nil : "foreign", name: name) {
                    message in
                    found.append([UInt8](UnsafeBufferPointer(start: message.start, count: message.length)))
                    return 0
                }
            }
        }
        for request in [CNFTABLES_TABLES, CNFTABLES_CHAINS, CNFTABLES_SETS, CNFTABLES_GENERATION] {
            try list(request, nil)
        }
        try list(CNFTABLES_RULES, "c")
        try list(CNFTABLES_ELEMENTS, "ports")
        return found
    }

    @Test func `mutated listings do not crash the parser`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.text)
        try namespace.nft("add", "element", "inet", "foreign", "ports", "{ 1, 2, 3 }")
        let messages = try kernelMessages(in: namespace)
        #expect(messages.count > Self.rules.count, "each rule and each object has a message")
        let memory = GuardedMemory(capacity: 65536)
        for message in messages { #expect(memory.read(message).broken == 0) }

        // An arbitrary seed.
        var random = SeededGenerator(state: 20_261_126)
        var (found, refused, broken) = (0, 0, 0)
        for _ in 0..<60_000 {
            var message = messages[Int(random.next() % UInt64(messages.count))]
            for _ in 0...(random.next() % 4) { random.mutate(&message) }
            let reading = memory.read(message)
            found += reading.found
            refused += reading.refused
            broken += reading.broken
        }
        #expect(
            broken == 0 && found > 60_000 && refused > 60_000,
            "\(broken) broken, \(found) found, \(refused) refused")
    }

    /// Lists 1 000 rules, which takes several messages. During each of the first `interruptions` attempts another
    /// connection moves the first rule to the end.
    private func list(interruptions: Int) throws -> (rules: [Rule], interrupted: Int) {
        let namespace = try NetworkNamespace.forTest()
        let (connection, other) = (try namespace.connection(), try namespace.connection())
        let rule = Operation.addRule(NewRule([.counter]), to: Self.chain, .last)
        try connection.commit(
            [.addTable(Table(Self.table)), .addChain(Chain(Self.chain))]
                + Array(repeating: rule, count: 1_000))
        var interrupted = 0
        let rules = try connection.list(CNFTABLES_RULES, "list", in: Self.table, name: Self.chain.name) {
            (message, found: inout [Rule]) in
            let status = Rule.read(message, of: Self.chain, into: &found)
            if found.count == 1, interrupted < interruptions {
                interrupted += 1
                try? other.commit([.deleteRule(Self.chain, handle: found[0].handle), rule])
            }
            return status
        }
        return (rules, interrupted)
    }

    @Test func `a listing interrupted by a commit is repeated`() throws {
        let (rules, interrupted) = try list(interruptions: 3)
        #expect(interrupted == 3)
        #expect(Set(rules.map(\.handle)).count == 1_000 && rules.count == 1_000)
    }

    @Test func `a listing that is always interrupted fails`() throws {
        #expect(throws: NftablesError.stale) { _ = try list(interruptions: .max) }
    }
}

extension SeededGenerator {
    /// Changes a byte, cuts off the end, repeats a part, or overwrites two bytes with ones or zeros.
    fileprivate mutating func mutate(_ message: inout [UInt8]) {
        guard message.count > 8 else { return }
        let place = Int(next() % UInt64(message.count))
        switch next() % 6 {
        case 0: message.removeLast(Int(next() % UInt64(message.count - 4)))
        case 1: message.insert(contentsOf: message[place...].prefix(64), at: place)
        case 2: message.replaceSubrange(place..<min(place + 2, message.count), with: [0xFF, 0xFF])
        case 3: message.replaceSubrange(place..<min(place + 2, message.count), with: [0, 0])
        default: message[place] = UInt8(truncatingIfNeeded: next())
        }
    }
}
