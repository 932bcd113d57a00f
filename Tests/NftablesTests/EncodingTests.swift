// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Nftables

/// Compares encoded transactions byte by byte, with attributes in libnftnl's order. The numbers are those of
/// linux/netfilter/nf_tables.h. Netlink headers are in host byte order, here little-endian; attribute values
/// are in network byte order.
struct EncodingTests {
    static let filter = TableName(.inet, "filter")
    static let ports = SetName(filter, "p")
    static let input = ChainName(filter, "in")

    @Test func `a transaction begins with its generation, if one is given, and has an end`() throws {
        let operations: [Nftables.Operation] = [.deleteTable(Self.filter)]
        let begin = [
            "14 00 00 00", "10 00 01 00", "07 00 00 00", "00 00 00 00",  // NFNL_MSG_BATCH_BEGIN, number 7
            "00 00 00 0a",  // for nf_tables
        ]
        let beginWithGeneration = [
            "1c 00 00 00", "10 00 01 00", "07 00 00 00", "00 00 00 00", "00 00 00 0a",  // as above
            "08 00 01 00", "01 02 03 04",  // NFNL_BATCH_GENID
        ]
        let end = [
            "14 00 00 00", "11 00 01 00", "09 00 00 00", "00 00 00 00",  // NFNL_MSG_BATCH_END, number 9
            "00 00 00 0a",
        ]
        let lines = try encodedLines(operations)
        #expect(Array(lines.prefix(5)) == begin)
        #expect(Array(lines.suffix(5)) == end)
        let linesWithGeneration = try encodedLines(operations, generation: 0x0102_0304)
        #expect(Array(linesWithGeneration.prefix(7)) == beginWithGeneration)
        #expect(Array(linesWithGeneration.dropFirst(7)) == Array(lines.dropFirst(5)))
    }

    @Test func `adding a table with a comment and deleting a table have these bytes`() throws {
        try expectEncoding(
            of: [.addTable(Table(Self.filter, comment: "note")), .deleteTable(Self.filter)],
            is: """
                34 00 00 00  length 52
                00 0a 01 04  NFT_MSG_NEWTABLE, REQUEST CREATE
                08 00 00 00  number 8
                00 00 00 00
                01 00 00 00  family inet
                0b 00 01 00  NFTA_TABLE_NAME
                66 69 6c 74  filt
                65 72 00 00  er
                08 00 02 00  NFTA_TABLE_FLAGS
                00 00 00 00
                0b 00 06 00  NFTA_TABLE_USERDATA
                00 05 6e 6f  comment, 5 bytes: no
                74 65 00 00  te
                20 00 00 00  length 32
                02 0a 05 00  NFT_MSG_DELTABLE, REQUEST ACK (last operation)
                09 00 00 00  number 9
                00 00 00 00
                01 00 00 00  family inet
                0b 00 01 00  NFTA_TABLE_NAME
                66 69 6c 74  filt
                65 72 00 00  er
                """)
    }

    @Test func `adding a base chain and flushing a chain have these bytes`() throws {
        let base = BaseChain(hook: .input, priority: -5, policy: .drop)
        try expectEncoding(
            of: [.addChain(Chain(Self.input, base: base, comment: "x")), .flushChain(Self.input)],
            is: """
                58 00 00 00  length 88
                03 0a 01 04  NFT_MSG_NEWCHAIN, REQUEST CREATE
                08 00 00 00  number 8
                00 00 00 00
                01 00 00 00  family inet
                0b 00 01 00  NFTA_CHAIN_TABLE
                66 69 6c 74  filt
                65 72 00 00  er
                07 00 03 00  NFTA_CHAIN_NAME
                69 6e 00 00  in
                14 00 04 80  NFTA_CHAIN_HOOK, nested
                08 00 01 00  NFTA_HOOK_HOOKNUM
                00 00 00 01  input
                08 00 02 00  NFTA_HOOK_PRIORITY
                ff ff ff fb  -5
                08 00 05 00  NFTA_CHAIN_POLICY
                00 00 00 00  drop
                0b 00 07 00  NFTA_CHAIN_TYPE
                66 69 6c 74  filt
                65 72 00 00  er
                08 00 0c 00  NFTA_CHAIN_USERDATA
                00 02 78 00  comment, 2 bytes: x
                28 00 00 00  length 40
                08 0a 05 00  NFT_MSG_DELRULE, REQUEST ACK; no handle: all rules
                09 00 00 00  number 9
                00 00 00 00
                01 00 00 00  family inet
                0b 00 01 00  NFTA_RULE_TABLE
                66 69 6c 74  filt
                65 72 00 00  er
                07 00 02 00  NFTA_RULE_CHAIN
                69 6e 00 00  in
                """)
    }

    @Test func `adding a set of timed ports has these bytes`() throws {
        try expectEncoding(
            of: [.addSet(.timedPorts(Self.ports, comment: "c"))],
            is: """
                58 00 00 00  length 88
                09 0a 05 04  NFT_MSG_NEWSET, REQUEST ACK CREATE
                08 00 00 00  number 8
                00 00 00 00
                01 00 00 00  family inet
                0b 00 01 00  NFTA_SET_TABLE
                66 69 6c 74  filt
                65 72 00 00  er
                06 00 02 00  NFTA_SET_NAME
                70 00 00 00  p
                08 00 03 00  NFTA_SET_FLAGS
                00 00 00 10  timeout
                08 00 04 00  NFTA_SET_KEY_TYPE
                00 00 00 0d  inet_service
                08 00 05 00  NFTA_SET_KEY_LEN
                00 00 00 02
                08 00 0a 00  NFTA_SET_ID
                00 00 00 01
                0e 00 0d 00  NFTA_SET_USERDATA
                00 04 02 00  key byte order, 4 bytes: network
                00 00 07 02  comment, 2 bytes
                63 00 00 00  c
                """)
    }

    @Test func `flushing a set and adding elements have these bytes`() throws {
        try expectEncoding(
            of: [
                .flushSet(Self.ports),
                .addElements(
                    Self.ports, [TimedElement(3545, timeout: .seconds(180)), TimedElement(80, timeout: nil)]),
            ],
            is: """
                28 00 00 00  length 40
                0e 0a 01 00  NFT_MSG_DELSETELEM, REQUEST; no list: all elements
                08 00 00 00  number 8
                00 00 00 00
                01 00 00 00  family inet
                06 00 02 00  NFTA_SET_ELEM_LIST_SET
                70 00 00 00  p
                0b 00 01 00  NFTA_SET_ELEM_LIST_TABLE
                66 69 6c 74  filt
                65 72 00 00  er
                58 00 00 00  length 88
                0c 0a 05 04  NFT_MSG_NEWSETELEM, REQUEST ACK CREATE
                09 00 00 00  number 9
                00 00 00 00
                01 00 00 00  family inet
                06 00 02 00  NFTA_SET_ELEM_LIST_SET
                70 00 00 00  p
                0b 00 01 00  NFTA_SET_ELEM_LIST_TABLE
                66 69 6c 74  filt
                65 72 00 00  er
                30 00 03 80  NFTA_SET_ELEM_LIST_ELEMENTS, nested
                1c 00 01 80  an element
                0c 00 04 00  NFTA_SET_ELEM_TIMEOUT
                00 00 00 00
                00 02 bf 20  180 000 ms
                0c 00 01 80  NFTA_SET_ELEM_KEY
                06 00 01 00  NFTA_DATA_VALUE
                0d d9 00 00  3545
                10 00 02 80  another element
                0c 00 01 80  NFTA_SET_ELEM_KEY
                06 00 01 00  NFTA_DATA_VALUE
                00 50 00 00  80
                """)
    }

    @Test func `deleting a rule by its handle has these bytes`() throws {
        try expectEncoding(
            of: [.deleteRule(Self.input, handle: 9)],
            is: """
                34 00 00 00  length 52
                08 0a 05 00  NFT_MSG_DELRULE, REQUEST ACK
                08 00 00 00  number 8
                00 00 00 00
                01 00 00 00  family inet
                0b 00 01 00  NFTA_RULE_TABLE
                66 69 6c 74  filt
                65 72 00 00  er
                07 00 02 00  NFTA_RULE_CHAIN
                69 6e 00 00  in
                0c 00 03 00  NFTA_RULE_HANDLE
                00 00 00 00
                00 00 00 09  9
                """)
    }

    @Test(arguments: [
        (RulePosition.first, "05 04", nil), (.last, "05 0c", nil), (.before(handle: 7), "05 04", 7),
        (.after(handle: 7), "05 0c", 7),
    ])
    func `the position of a rule is encoded by NLM_F_APPEND and NFTA_RULE_POSITION`(
        position: RulePosition, flags: String, handle: Int?
    ) throws {
        let lines = try encodedLines([.addRule(NewRule([.accept]), to: Self.input, position)])
        // After the five lines of BATCH_BEGIN and one with the length of the message: NFT_MSG_NEWRULE and the flags.
        #expect(lines[6] == "06 0a " + flags)
        // NFTA_RULE_POSITION, with a handle of 64 bits.
        let encodedHandle = lines.firstIndex(of: "0c 00 06 00").map { [lines[$0 + 1], lines[$0 + 2]] }
        #expect(encodedHandle == handle.map { ["00 00 00 00", "00 00 00 0\($0)"] })
    }
}
