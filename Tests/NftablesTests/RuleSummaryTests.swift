// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Testing

/// The expressions of `meta l4proto udp`.
private let udp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [17])]
/// Loads the destination port.
private let loadPort: [Expression] = [.payload(.transport, offset: 2, length: 2)]

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
                "update @seen …"
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
}
