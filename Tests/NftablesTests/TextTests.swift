// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Nftables
import TeredoProtocol
import Testing

struct TextTests {
    static let table = TableName(.inet, "filter")
    static let chain = ChainName(table, "input")
    static let ports = SetName(table, "ports")

    static let operations: [(Nftables.Operation, text: String, subject: String)] = [
        (.addTable(Table(table)), "add table inet filter", "add table inet filter"),
        (
            .addTable(Table(table, flags: 3, comment: "x")),
            "add table inet filter { flags dormant, owner; comment \"x\"; }", "add table inet filter"
        ),
        (.deleteTable(table), "delete table inet filter", "delete table inet filter"),
        (.addChain(Chain(chain)), "add chain inet filter input", "add chain input of table inet filter"),
        (
            .addChain(Chain(chain, base: BaseChain(hook: .input, policy: .drop))),
            "add chain inet filter input { type filter hook input priority filter; policy drop; }",
            "add chain input of table inet filter"
        ),
        (
            .addChain(Chain(chain, base: BaseChain(hook: .prerouting, type: "nat", priority: -100))),
            "add chain inet filter input { type nat hook prerouting priority -100; policy accept; }",
            "add chain input of table inet filter"
        ),
        (
            .flushChain(chain), "flush chain inet filter input", "flush chain input of table inet filter"
        ),
        (
            .deleteChain(chain), "delete chain inet filter input",
            "delete chain input of table inet filter"
        ),
        (
            .addSet(.timedPorts(ports, comment: "c")),
            "add set inet filter ports { type inet_service; flags timeout; comment \"c\"; }",
            "add set ports of table inet filter"
        ),
        (.flushSet(ports), "flush set inet filter ports", "flush set ports of table inet filter"),
        (.deleteSet(ports), "delete set inet filter ports", "delete set ports of table inet filter"),
        (
            .addElements(
                ports,
                [
                    TimedElement(1, timeout: nil), TimedElement(2, timeout: .seconds(180)),
                    TimedElement(3, timeout: .milliseconds(90_061_500)),
                ]), "add element inet filter ports { 1, 2 timeout 3m, 3 timeout 1d1h1m1s500ms }",
            "add 1, 2, 3 to set ports of table inet filter"
        ),
        (
            .addRule(NewRule([.accept], comment: "c"), to: chain, .last),
            "add rule inet filter input accept comment \"c\"", "add rule to chain input of table inet filter"
        ),
        (
            .addRule(NewRule([.jump("own")]), to: chain, .first),
            "insert rule inet filter input jump own", "add rule to chain input of table inet filter"
        ),
        (
            .addRule(NewRule([.counter]), to: chain, .before(handle: 4)),
            "insert rule inet filter input handle 4 counter",
            "add rule to chain input of table inet filter"
        ),
        (
            .addRule(NewRule([.counter]), to: chain, .after(handle: 4)),
            "add rule inet filter input handle 4 counter", "add rule to chain input of table inet filter"
        ),
        (
            .deleteRule(chain, handle: 9), "delete rule inet filter input handle 9",
            "delete the rule with handle 9 of chain input of table inet filter"
        ),
    ]

    @Test(arguments: operations)
    func `each operation has its nft command and its phrase for errors`(
        operation: Nftables.Operation, text: String, subject: String
    ) {
        #expect(operation.nftText == text)
        #expect(operation.subject == subject)
    }

    @Test func `the text of a transaction has one command per line`() {
        let text = nftText(of: [.flushSet(Self.ports), .deleteTable(Self.table)])
        #expect(text == "flush set inet filter ports\ndelete table inet filter\n")
        #expect(nftText(of: []).isEmpty)
    }

    @Test(arguments: [
        (Family.inet, "meta nfproto ipv4 ip daddr 224.0.0.253 udp dport @s meta skuid 112 counter accept"),
        (.ip, "ip daddr 224.0.0.253 udp dport @s meta skuid 112 counter accept"),
    ])
    func `the text of a rule omits conditions that its family implies`(family: Family, text: String) {
        let rule = NewRule([
            .matchIPv4, .ipDestination(IPv4Address(224, 0, 0, 253)), .udpDestinationPort(inSet: "s"),
            .socketUser(112), .counter, .accept,
        ])
        #expect(rule.nftText(in: family) == text)
    }

    @Test func `an implied condition is encoded once`() {
        let rule = NewRule([
            .ipDestination(IPv4Address(10, 0, 0, 1)), .matchIPv4, .udpSourcePort(inSet: "a"),
            .udpDestinationPort(inSet: "b"),
        ])
        let expressions = rule.expressions(in: .inet)
        #expect(expressions.filter { $0 == .meta(.familyProtocol) }.count == 1)
        #expect(expressions.filter { $0 == .meta(.layer4Protocol) }.count == 1)
        #expect(rule.expressions(in: .ip).contains(.meta(.familyProtocol)) == false)
    }

    @Test func `a rule is recognised with any counter values, but not with another comment or expression`() {
        let newRule = NewRule([.matchIPv4, .udpDestinationPort(inSet: "p"), .counter, .accept], comment: "c")
        var rule = Rule(chain: Self.chain, expressions: newRule.expressions(in: .inet), comment: "c")
        let counterIndex = rule.expressions.count - 2  // before the verdict
        rule.expressions[counterIndex] = .counter(packets: 5, bytes: 700)
        #expect(newRule.matches(rule))
        var other = rule
        other.comment = nil
        #expect(!newRule.matches(other))
        other = rule
        other.expressions[counterIndex] = .log
        #expect(!newRule.matches(other))
        other = rule
        other.expressions.removeLast()
        #expect(!newRule.matches(other))
        other = rule
        other.chain.table.family = .ip  // in an ip table, nft writes no test for IPv4
        #expect(!newRule.matches(other))
    }

    @Test func `errors name the operation, the object and the reason`() {
        let rejection = Rejection(
            operation: 0, subject: Nftables.Operation.flushChain(Self.chain).subject, code: ENOENT,
            attributeOffset: 32)
        #expect(
            NftablesError.rejected([rejection, rejection]).description
                == "flush chain input of table inet filter: No such file or directory; "
                + "flush chain input of table inet filter: No such file or directory")
        #expect(NftablesError.stale.description == "the ruleset has changed meanwhile")
    }
}
