// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Testing

@testable import Nftables

struct RuleEncodingTests {
    /// `insert rule inet filter in handle 7 meta nfproto ipv4 udp dport @p counter jump in comment "I1"`
    @Test func `inserting a rule with comment, conditions, counter and jump has these bytes`() throws {
        let rule = NewRule(
            [.matchIPv4, .udpDestinationPort(inSet: "p"), .counter, .jump("in")], comment: "I1")
        try expectEncoding(
            of: [.addRule(rule, to: EncodingTests.input, .before(handle: 7))],
            is: """
                88 01 00 00  length 392
                06 0a 05 04  NFT_MSG_NEWRULE, REQUEST ACK CREATE
                08 00 00 00  number 8
                00 00 00 00
                01 00 00 00  family inet
                0b 00 01 00  NFTA_RULE_TABLE
                66 69 6c 74  filt
                65 72 00 00  er
                07 00 02 00  NFTA_RULE_CHAIN
                69 6e 00 00  in
                0c 00 06 00  NFTA_RULE_POSITION
                00 00 00 00
                00 00 00 07  7
                09 00 07 00  NFTA_RULE_USERDATA
                00 03 49 31  comment, 3 bytes: I1
                00 00 00 00
                48 01 04 80  NFTA_RULE_EXPRESSIONS
                24 00 01 80  expression
                09 00 01 00  NFTA_EXPR_NAME
                6d 65 74 61  meta
                00 00 00 00
                14 00 02 80  NFTA_EXPR_DATA
                08 00 02 00  NFTA_META_KEY
                00 00 00 0f  nfproto
                08 00 01 00  NFTA_META_DREG
                00 00 00 01
                2c 00 01 80  expression
                08 00 01 00  NFTA_EXPR_NAME
                63 6d 70 00  cmp
                20 00 02 80  NFTA_EXPR_DATA
                08 00 01 00  NFTA_CMP_SREG
                00 00 00 01
                08 00 02 00  NFTA_CMP_OP
                00 00 00 00  equal
                0c 00 03 80  NFTA_CMP_DATA
                05 00 01 00  NFTA_DATA_VALUE
                02 00 00 00  ipv4
                24 00 01 80  expression
                09 00 01 00  NFTA_EXPR_NAME
                6d 65 74 61  meta
                00 00 00 00
                14 00 02 80  NFTA_EXPR_DATA
                08 00 02 00  NFTA_META_KEY
                00 00 00 10  l4proto
                08 00 01 00  NFTA_META_DREG
                00 00 00 01
                2c 00 01 80  expression
                08 00 01 00  NFTA_EXPR_NAME
                63 6d 70 00  cmp
                20 00 02 80  NFTA_EXPR_DATA
                08 00 01 00  NFTA_CMP_SREG
                00 00 00 01
                08 00 02 00  NFTA_CMP_OP
                00 00 00 00  equal
                0c 00 03 80  NFTA_CMP_DATA
                05 00 01 00  NFTA_DATA_VALUE
                11 00 00 00  udp
                34 00 01 80  expression
                0c 00 01 00  NFTA_EXPR_NAME
                70 61 79 6c  payl
                6f 61 64 00  oad
                24 00 02 80  NFTA_EXPR_DATA
                08 00 01 00  NFTA_PAYLOAD_DREG
                00 00 00 01
                08 00 02 00  NFTA_PAYLOAD_BASE
                00 00 00 02  transport header
                08 00 03 00  NFTA_PAYLOAD_OFFSET
                00 00 00 02
                08 00 04 00  NFTA_PAYLOAD_LEN
                00 00 00 02
                24 00 01 80  expression
                0b 00 01 00  NFTA_EXPR_NAME
                6c 6f 6f 6b  look
                75 70 00 00  up
                14 00 02 80  NFTA_EXPR_DATA
                08 00 02 00  NFTA_LOOKUP_SREG
                00 00 00 01
                06 00 01 00  NFTA_LOOKUP_SET
                70 00 00 00  p
                14 00 01 80  expression
                0c 00 01 00  NFTA_EXPR_NAME
                63 6f 75 6e  coun
                74 65 72 00  ter
                04 00 02 80  NFTA_EXPR_DATA, empty: counts from 0
                38 00 01 80  expression
                0e 00 01 00  NFTA_EXPR_NAME
                69 6d 6d 65  imme
                64 69 61 74  diat
                65 00 00 00  e
                24 00 02 80  NFTA_EXPR_DATA
                08 00 01 00  NFTA_IMMEDIATE_DREG
                00 00 00 00  the verdict register
                18 00 02 80  NFTA_IMMEDIATE_DATA
                14 00 02 80  NFTA_DATA_VERDICT
                08 00 01 00  NFTA_VERDICT_CODE
                ff ff ff fd  jump
                07 00 02 00  NFTA_VERDICT_CHAIN
                69 6e 00 00  in
                """)
    }

    private static let input = EncodingTests.input
    private static let longName = String(repeating: "n", count: 256)
    private static let nameWithNUL = "a\u{0}b"

    /// Each operation with the expected errno.
    @Test(arguments: [
        (Nftables.Operation.addTable(Table(TableName(.inet, longName))), ENAMETOOLONG),
        (.addChain(Chain(ChainName(EncodingTests.filter, longName))), ENAMETOOLONG),
        (.flushSet(SetName(EncodingTests.filter, longName)), ENAMETOOLONG),
        (
            .addChain(Chain(EncodingTests.input, base: BaseChain(hook: .ingress, device: longName))),
            ENAMETOOLONG
        ),
        (.addRule(NewRule([.jump(longName)]), to: input, .last), ENAMETOOLONG),
        (.addRule(NewRule([.udpSourcePort(inSet: longName)]), to: input, .last), ENAMETOOLONG),
        (.addRule(NewRule([.accept], comment: String(repeating: "c", count: 128)), to: input, .last), E2BIG),
        // 64 characters of two bytes each.
        (.addTable(Table(EncodingTests.filter, comment: String(repeating: "ü", count: 64))), E2BIG),
        (.deleteTable(TableName(.inet, nameWithNUL)), EINVAL),
        (.addRule(NewRule([.jump(nameWithNUL)]), to: input, .last), EINVAL),
        (.addRule(NewRule([.accept], comment: nameWithNUL), to: input, .last), EINVAL),
        (.addElements(SetName(EncodingTests.filter, nameWithNUL), []), EINVAL),
        (.addRule(NewRule(Array(repeating: .counter, count: 1000)), to: input, .last), E2BIG),
    ])
    func `an operation that cannot be encoded is refused before sending`(
        operation: Nftables.Operation, code: CInt
    ) {
        let expected = Rejection(operation: 1, subject: operation.subject, code: code)
        #expect(throws: NftablesError.rejected([expected])) {
            _ = try EncodedTransaction(
                [.deleteTable(EncodingTests.filter), operation], sequence: 1, generation: 0
            ).bytes
        }
    }

    @Test(arguments: [
        (Duration.zero, 20), (.seconds(-5), 20), (.seconds(Int64.min), 20), (.milliseconds(1), 20),
        (.milliseconds(1500), 1500), (.seconds(180), 180_000), (.seconds(Int64.max), (1 << 40) * 1000),
    ])
    func `a timeout is encoded as at least 20 ms and at most 2^40 s`(
        timeout: Duration, milliseconds: Int
    ) throws {
        let lines = try encodedLines([
            .addElements(EncodingTests.ports, [TimedElement(1, timeout: timeout)])
        ])
        let start = try #require(lines.firstIndex(of: "0c 00 04 00"))  // NFTA_SET_ELEM_TIMEOUT
        let value = UInt64((lines[start + 1] + lines[start + 2]).filter { $0 != " " }, radix: 16)
        #expect(value == UInt64(milliseconds))
    }

    @Test func `elements that do not fit into one message are encoded in several`() throws {
        let elements = (0...65535).map { TimedElement($0, timeout: .seconds(60)) }
        let bytes = try EncodedTransaction(
            [.addElements(EncodingTests.ports, elements)], sequence: 1, generation: 0
        ).bytes
        let (allPorts, elementSize, elementsPerMessage) = (65536, 28, 512)
        #expect(bytes.count > allPorts * elementSize)
        var (offset, messages) = (0, 0)
        while offset < bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
            offset += (length + 3) & ~3
            messages += 1
        }
        #expect(offset == bytes.count)
        let framingMessages = 2  // BATCH_BEGIN and BATCH_END
        #expect(messages == framingMessages + allPorts / elementsPerMessage)
    }
}
