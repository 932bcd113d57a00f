// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Testing

/// The expressions of `meta l4proto udp`.
private let udp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [17])]
/// Loads the destination port.
private let loadPort: [Expression] = [.payload(.transport, offset: 2, length: 2)]

/// The bytes of numbers in host byte order.
private func numbers16(_ numbers: UInt16...) -> [UInt8] { numbers.flatMap(\.hostOrderBytes) }
private func numbers32(_ numbers: UInt32...) -> [UInt8] { numbers.flatMap(\.hostOrderBytes) }
private func numbers64(_ numbers: UInt64...) -> [UInt8] { numbers.flatMap(\.hostOrderBytes) }

struct RuleSummaryTests {
    @Test(
        arguments: [
            ([.verdict(.drop)], "drop"),
            (
                [
                    .payload(.network, offset: 16, length: 4),
                    .instruction(.mask(from: 0, to: 0, [255, 255, 192, 0], xor: [0, 0, 0, 0])),
                    .compare(.equal, [10, 64, 0, 0]),
                    .verdict(.drop),
                ],
                "ip daddr 10.64.0.0/18 drop"
            ),
            ([.counter(packets: 1, bytes: 2), .reject], "reject"),
            (udp + loadPort + [.compare(.equal, [0xA1, 0x12]), .verdict(.drop)], "udp dport 41234 drop"),
            (udp + loadPort + [.compare(.notEqual, [0, 53]), .verdict(.drop)], "udp dport != 53 drop"),
            (
                udp + loadPort + [.lookup(set: "ports", inverted: false), .verdict(.accept)],
                "udp dport @ports accept"
            ),
            (
                udp + loadPort + [.lookup(set: "__set3", inverted: true), .verdict(.drop)],
                "udp dport != { … } drop"
            ),
            (udp + [.verdict(.accept)], "meta l4proto udp accept"),
            (loadPort + [.compare(.equal, [0, 7]), .verdict(.return)], "th dport 7 return"),
            (
                [
                    .payload(.network, offset: 12, length: 4), .lookup(set: "blocked", inverted: false),
                    .verdict(.drop),
                ],
                "ip saddr @blocked drop"
            ),
            (
                [.payload(.network, offset: 12, length: 2), .compare(.equal, [10, 64]), .verdict(.drop)],
                "ip saddr 10.64.0.0/16 drop"
            ),
            (
                [.meta(.interfaceNameIn), .compare(.equal, Array("eth0".utf8) + [0]), .verdict(.jump("in"))],
                "iifname \"eth0\" jump in"
            ),
            (
                [.meta(.interfaceNameOut), .compare(.equal, Array("tun".utf8)), .verdict(.goto("out"))],
                "oifname \"tun*\" goto out"
            ),
            (
                [.meta(.familyProtocol), .compare(.equal, [10]), .verdict(.accept)],
                "meta nfproto ipv6 accept"
            ),
            (
                [
                    .instruction(.connection(0, to: 0)),
                    .instruction(.mask(from: 0, to: 0, [6, 0, 0, 0], xor: [0, 0, 0, 0])),
                    .compare(.notEqual, [0, 0, 0, 0]), .verdict(.accept),
                ],
                "ct state established,related accept"
            ),
            ([.limit, .log], "limit … log"),
            ([.other("queue")], "queue …"),
            (
                [
                    .payload(.network, offset: 12, length: 4),
                    .instruction(.dynamicSet("seen", operation: 1, isInverted: false, from: 0, [])),
                ],
                "update @seen { ip saddr }"
            ),
            (
                [
                    .match(name: "owner", revision: 1, data: []),
                    .target(name: "REJECT", revision: 0, data: []),
                ],
                "-m owner … -j REJECT"
            ),
            ([.match(name: "comment", revision: 0, data: []), .verdict(.drop)], "drop"),
        ] as [([Expression], String)])
    func `the summary of a rule is close to nft's listing`(expressions: [Expression], text: String) {
        let chain = ChainName(TableName(.inet, "filter"), "input")
        #expect(Rule(chain: chain, expressions: expressions).summary == text)
        #expect(
            Rule(chain: chain, expressions: expressions, comment: "why").summary == text + " comment \"why\"")
    }

    private static let udpPort: [Expression] = [
        .meta(.layer4Protocol), .compare(.equal, [17]), .payload(.transport, offset: 2, length: 2),
    ]
    private static let hardwareAddress: [Expression] = [
        .payload(.link, offset: 6, length: 6), .compare(.equal, [2, 17, 34, 51, 68, 85]),
    ]
    private static let ranges: [(expressions: [Expression], text: String)] = [
        (
            udpPort + [.compare(.greaterOrEqual, [4, 0]), .compare(.lessOrEqual, [0xFF, 0xFF])],
            "udp dport 1024-65535"
        ),
        (
            udpPort + [.instruction(.range(isInverted: true, from: 0, low: [4, 0], high: [8, 0]))],
            "udp dport != 1024-2048"
        ),
        (udpPort + [.compare(.greaterOrEqual, [4, 0]), .verdict(.drop)], "udp dport >= 1024 drop"),
        (hardwareAddress, "ether saddr 02:11:22:33:44:55"),
        ([.payload(.network, offset: 8, length: 1), .compare(.less, [5])], "ip ttl < 5"),
    ]

    @Test(arguments: ranges)
    func `the summary of a rule has its ranges and header fields`(expressions: [Expression], text: String) {
        let chain = ChainName(TableName(.inet, "filter"), "input")
        #expect(Rule(chain: chain, expressions: expressions).summary == text)
    }

    private static let anonymousSet: [SetName: SetContents] = [
        SetName(TableName(.inet, "filter"), "__set3"): SetContents(
            flags: 5, keyLength: 2,
            entries: [
                SetEntry([0, 22]), SetEntry([0, 23], isIntervalEnd: true), SetEntry([4, 0]),
                SetEntry([8, 1], isIntervalEnd: true),
            ]),
        SetName(TableName(.inet, "filter"), "__map4"): SetContents(
            flags: 9, keyLength: 1,
            entries: [SetEntry([17], verdict: .drop), SetEntry([6], verdict: .jump("tcp"))]),
    ]
    private static let conditions: [(expressions: [Expression], text: String)] = [
        (udp + loadPort + [.lookup(set: "__set3", inverted: false)], "udp dport { 22, 1024-2048 }"),
        (
            [.meta(.layer4Protocol), .verdictMap(map: "__map4")],
            "meta l4proto vmap { tcp : jump tcp, udp : drop }"
        ),
        (
            [.payload(.network, offset: 12, length: 4)] + udp + [.verdict(.drop)],
            "ip saddr … meta l4proto udp drop"
        ),
        (
            [
                .payload(.network, offset: 16, length: 4),
                .instruction(.payload(base: 2, offset: 2, length: 2, to: 4)),
                .lookup(set: "pairs", inverted: false),
            ],
            "ip daddr . th dport @pairs"
        ),
        ([.instruction(.meta(31, to: 0)), .compare(.equal, [1])], "meta day Monday"),
        ([.instruction(.meta(20, to: 0)), .compare(.equal, UInt32(3).hostOrderBytes)], "meta cpu 3"),
        (
            [
                .instruction(.meta(3, to: 0)),
                .instruction(.mask(from: 0, to: 0, UInt32(255).hostOrderBytes, xor: [0, 0, 0, 0])),
                .compare(.equal, UInt32(16).hostOrderBytes),
            ],
            "meta mark & 0xff == 0x10"
        ),
        (
            [
                .instruction(.meta(0, to: 0)),
                .instruction(.byteOrder(unit: 4, length: 4, from: 0, to: 0)),
                .instruction(.range(isInverted: false, from: 0, low: [0, 0, 0, 9], high: [0, 0, 1, 0])),
            ],
            "meta length 9-256"
        ),
        (
            [.payload(.network, offset: 20, length: 4), .compare(.equal, [0x94, 4, 0, 0])],
            "@nh,160,32 0x94040000"
        ),
        ([.instruction(.load("exthdr exists", to: 0)), .compare(.equal, [0])], "exthdr missing"),
        (
            [.instruction(.connection(6, to: 0)), .compare(.equal, Array("ftp".utf8) + [0])],
            "ct helper \"ftp\""
        ),
        (
            [.instruction(.connection(3, to: 0)), .instruction(.setMeta(3, from: 0))],
            "meta mark set ct mark"
        ),
    ]

    @Test(arguments: conditions)
    func `the summary of a rule has its conditions and the elements of small sets`(
        expressions: [Expression], text: String
    ) {
        let chain = ChainName(TableName(.inet, "filter"), "input")
        #expect(Rule(chain: chain, expressions: expressions).summary(with: Self.anonymousSet) == text)
    }

    private static let matches: [(name: String, revision: UInt32, data: [UInt8], text: String)] = [
        ("udp", 0, numbers16(0, 0xFFFF, 53, 53) + [0], "--dport 53"),
        (
            "tcp", 0, numbers16(1024, 2048, 0, 0xFFFF) + [0, 0x17, 2, 1],
            "! --sport 1024:2048 --tcp-flags FIN,SYN,RST,ACK SYN"
        ),
        ("mark", 1, numbers32(5, 0xFF, 0), "--mark 0x5/0xff"),
        (
            "connbytes", 0, numbers64(10, 20) + [1, 2],
            "--connbytes 10:20 --connbytes-mode bytes --connbytes-dir both"
        ),
        ("pkttype", 0, numbers32(2, 1), "! --pkt-type multicast"),
        ("u32", 0, [1, 2, 3, 4], "…"),
    ]

    @Test(arguments: matches)
    func `the summary of a rule has the options of a match of iptables`(
        name: String, revision: UInt32, data: [UInt8], text: String
    ) {
        let chain = ChainName(TableName(.ip, "filter"), "INPUT")
        let match = Expression.match(name: name, revision: revision, data: data)
        #expect(Rule(chain: chain, expressions: [match]).summary == "-m \(name) \(text)")
    }

    @Test func `a long summary is shortened, its verdict and its comment are not`() {
        let table = TableName(.inet, "filter")
        let entries = (UInt8(1)...60).map { SetEntry([0, $0]) }
        let sets = [SetName(table, "__set1"): SetContents(flags: 1, keyLength: 2, entries: entries)]
        let rest: [Expression] = [
            .lookup(set: "__set1", inverted: false),
            .match(name: "recent", revision: 0, data: [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 120]), .verdict(.drop),
        ]
        let chain = ChainName(table, "input")
        let rule = Rule(chain: chain, expressions: udp + loadPort + rest, comment: "why")
        #expect(
            rule.summary(with: sets)
                == "udp dport { 1, 2, 3, 4, 5, 6, … } -m recent --set --name x drop comment \"why\"")
    }
}
