// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Testing

/// Compares matches with the text and the bytes of iptables 1.8.9 for the same arguments, on a little-endian
/// machine.
struct XtablesMatchTests {
    @Test(arguments: [
        (XtablesMatch.udpDestinationPort(41234), "-m udp --dport 41234"),
        (.udpSourcePort(65535), "-m udp --sport 65535"),
        (.owner(user: 104), "-m owner --uid-owner 104"),
        (
            .time(1_795_669_200...1_795_669_200),
            "-m time --datestart 2026-11-26T05:00:00 --datestop 2026-11-26T05:00:00"
        ),
        (
            .time(0...0),
            "-m time --datestart 1970-01-01T00:00:00 --datestop 1970-01-01T00:00:00"
        ),
        (
            .time(0...951_782_399),
            "-m time --datestart 1970-01-01T00:00:00 --datestop 2000-02-28T23:59:59"
        ),
        (
            .time(0...951_868_799),
            "-m time --datestart 1970-01-01T00:00:00 --datestop 2000-02-29T23:59:59"
        ),
        (
            .time(1_795_669_200...4_107_542_400),
            "-m time --datestart 2026-11-26T05:00:00 --datestop 2100-03-01T00:00:00"
        ),
        (
            .time(1_795_669_200...(.max)),
            "-m time --datestart 2026-11-26T05:00:00 --datestop 2106-02-07T06:28:15"
        ),
        (.comment("teredowall: a, b"), "-m comment --comment \"teredowall: a, b\""),
    ])
    func `a match has iptables' text and padded data`(
        row: (match: XtablesMatch, text: String)
    ) {
        #expect(row.match.iptablesText == row.text)
        #expect(row.match.data.count % 8 == 0)
    }

    @Test func `the data of a match are the bytes that iptables sends`() {
        #expect(
            XtablesMatch.udpDestinationPort(0x1234).data == [
                0, 0, 255, 255, 0x34, 0x12, 0x34, 0x12,  // xt_udp: source and destination ports
                0, 0, 0, 0, 0, 0, 0, 0,  // nothing inverted; padding
            ])
        #expect(
            XtablesMatch.owner(user: 0x0102_0304).data == [
                4, 3, 2, 1, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0,  // xt_owner_match_info: user, group IDs
                1, 0, 0, 0, 0, 0, 0, 0,  // matches the user, nothing inverted; padding
            ])
        #expect(
            XtablesMatch.time(0x0102_0300...0x0102_0304).data == [
                0, 3, 2, 1, 4, 3, 2, 1,  // xt_time_info: the first and the last date
                0, 0, 0, 0, 0x7F, 0x51, 1, 0,  // the first and the last second of the day
                0xFE, 255, 255, 255, 0xFE, 0, 0, 0,  // all days of the month and of the week, UTC; padding
            ])
        // xt_comment_info has 256 bytes, the last of which is 0.
        let comment = XtablesMatch.comment(String(repeating: "x", count: 300)).data
        #expect(comment.count == 256)
        #expect(comment.last == 0)
    }

    @Test func `the time span and the comment of a match are read back unchanged`() {
        func expression(_ match: XtablesMatch) -> Expression {
            .match(name: match.name, revision: match.revision, data: match.data)
        }
        #expect(expression(.time(7...1_795_669_200)).xtablesTime == 7...1_795_669_200)
        #expect(expression(.comment("teredowall: x")).xtablesComment == "teredowall: x")
        #expect(expression(.owner(user: 1)).xtablesTime == nil)
        #expect(Expression.match(name: "time", revision: 0, data: [1, 2]).xtablesTime == nil)
        let endBeforeStart: [UInt8] = [9, 0, 0, 0, 8, 0, 0, 0]
        #expect(Expression.match(name: "time", revision: 0, data: endBeforeStart).xtablesTime == nil)
        #expect(Expression.counter(packets: 1, bytes: 1).xtablesComment == nil)
    }

    @Test func `the nft text of a rule with xtables matches is a comment in iptables' syntax`() {
        let chain = ChainName(TableName(.ip, "filter"), "teredowall-input")
        let rule = NewRule([
            .matchUDP, .xtables(.udpDestinationPort(41234)), .xtables(.comment("a")), .counter, .accept,
        ])
        #expect(
            nftText(of: [.addRule(rule, to: chain, .last)])
                == "# -A teredowall-input -p udp -m udp --dport 41234 -m comment --comment \"a\" -j ACCEPT\n")
        let jump = NewRule([.xtables(.comment("b")), .counter, .jump("teredowall-input")])
        #expect(
            Operation.addRule(jump, to: ChainName(chain.table, "INPUT"), .before(handle: 7)).nftText
                == "# -I INPUT -m comment --comment \"b\" -j teredowall-input (before the rule with handle 7)"
        )
        #expect(
            Operation.addRule(jump, to: ChainName(TableName(.ip, "mangle"), "INPUT"), .last).nftText
                == "# -t mangle -A INPUT -m comment --comment \"b\" -j teredowall-input")
    }
}
