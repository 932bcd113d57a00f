// SPDX-License-Identifier: GPL-2.0-or-later
import CNftables
import Glibc
import TestSupport
import Testing

@testable import Nftables

/// Builds the bytes of netlink messages. Types are the kernel's: NFTA_* for attributes, NFT_MSG_* for messages.
enum Wire {
    /// One attribute with its padding. `length` replaces the true length in its header.
    static func attribute(_ type: UInt16, _ value: [UInt8], length: UInt16? = nil) -> [UInt8] {
        let bytes = short(length ?? UInt16(4 + value.count)) + short(type) + value
        return bytes + Array(repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    /// An attribute that contains attributes; 0x8000 is NLA_F_NESTED.
    static func nested(_ type: UInt16, _ attributes: [UInt8]...) -> [UInt8] {
        attribute(type | 0x8000, Array(attributes.joined()))
    }

    /// A message of nf_tables (10 is NFNL_SUBSYS_NFTABLES) in the family inet. `length` replaces the true length in its
    /// header.
    static func message(_ type: UInt16, _ attributes: [UInt8]..., length: UInt32? = nil) -> [UInt8] {
        let body = [1, 0, 0, 0] + attributes.joined()
        let header = host(length ?? UInt32(16 + body.count)) + short(10 << 8 | type)
        return header + short(0) + host(0) + host(0) + body  // flags, sequence number, port: 0
    }

    /// An attribute with a NUL-terminated string.
    static func name(_ type: UInt16, _ text: String) -> [UInt8] { attribute(type, Array(text.utf8) + [0]) }

    /// An attribute with a 32-bit number, in network byte order.
    static func number(_ type: UInt16, _ value: UInt32) -> [UInt8] {
        attribute(type, host(value.byteSwapped))
    }

    /// An attribute with a 64-bit number, in network byte order.
    static func number64(_ type: UInt16, _ value: UInt64) -> [UInt8] {
        attribute(
            type,
            host(UInt32(truncatingIfNeeded: value >> 32).byteSwapped)
                + host(UInt32(truncatingIfNeeded: value).byteSwapped))
    }

    /// An element of a list of expressions (NFTA_LIST_ELEM), with NFTA_EXPR_NAME and NFTA_EXPR_DATA.
    static func expression(_ name: String, _ data: [UInt8]...) -> [UInt8] {
        nested(1, self.name(1, name), nested(2, Array(data.joined())))
    }

    // Numbers in host byte order.
    private static func short(_ value: UInt16) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
    private static func host(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
}

/// Messages as the kernel sends them, and malformed ones.
///
/// The types of the attributes below, without their prefix (NFTA_TABLE_, NFTA_META_ and so on):
/// - a table: 1 NAME, 2 FLAGS, 7 OWNER
/// - a chain: 1 TABLE, 3 NAME, 4 HOOK (1 HOOKNUM, 2 PRIORITY), 5 POLICY, 6 USE, 7 TYPE
/// - a rule: 1 TABLE, 2 CHAIN, 3 HANDLE, 4 EXPRESSIONS, 7 USERDATA
/// - a set: 1 TABLE, 2 NAME, 3 FLAGS, 4 KEY_TYPE, 5 KEY_LEN, 13 USERDATA
/// - elements: 1 TABLE, 2 SET, 3 ELEMENTS (each 1 KEY, 4 TIMEOUT)
/// - a step of a packet: 1 TABLE, 2 CHAIN, 3 RULE_HANDLE, 4 TYPE, 5 VERDICT, 6 ID
/// - a generation: 1 ID, 2 PROC_PID, 3 PROC_NAME
/// - data: 1 VALUE, 2 VERDICT (1 CODE, 2 CHAIN)
/// - `meta`: 1 DREG, 2 KEY, 3 SREG; `ct`: 1 DREG, 2 KEY, 4 SREG; `cmp`: 1 SREG, 2 OP, 3 DATA
/// - `counter`: 1 BYTES, 2 PACKETS; `immediate`: 1 DREG, 2 DATA; `lookup`: 1 SET, 2 SREG, 3 DREG, 5 FLAGS
/// - `bitwise`: 1 SREG, 2 DREG, 3 LEN, 4 MASK, 5 XOR, 6 OP; `payload`: 2 BASE, 5 SREG; `exthdr`: 1 DREG, 7 SREG
/// - `objref`: 1 IMM_TYPE, 2 IMM_NAME, 3 SET_SREG, 4 SET_NAME; `dynset`: 1 SET_NAME, 4 SREG_KEY
/// - `limit`: 5 FLAGS; `quota` and `connlimit`: 2 FLAGS
struct MessageTests {
    private let memory = GuardedMemory()

    // NFT_MSG_*
    static let (newTable, newChain, newRule): (UInt16, UInt16, UInt16) = (0, 3, 6)
    static let (newSet, newElement, newGeneration): (UInt16, UInt16, UInt16) = (9, 12, 15)
    static let trace: UInt16 = 17

    /// `meta l4proto udp counter accept comment "hi"`.
    static let rule = Wire.message(
        newRule, Wire.name(1, "filter"), Wire.name(2, "input"), Wire.number64(3, 7),
        Wire.nested(
            4,
            Wire.expression("meta", Wire.number(2, 16), Wire.number(1, 1)),
            Wire.expression(
                "cmp", Wire.number(1, 8), Wire.number(2, 0), Wire.nested(3, Wire.attribute(1, [17]))),
            Wire.expression("counter", Wire.number64(1, 200), Wire.number64(2, 3)),
            Wire.expression("immediate", Wire.number(1, 0), Wire.nested(2, Wire.nested(2, Wire.number(1, 1))))
        ),
        Wire.attribute(7, [0, 3, 0x68, 0x69, 0]))

    static let samples: [[UInt8]] = [
        rule,
        // A table with an owner.
        Wire.message(newTable, Wire.name(1, "filter"), Wire.number(2, 2), Wire.number(7, 4711)),
        // A base chain at hook input, with priority -5 and policy drop.
        Wire.message(
            newChain, Wire.name(1, "filter"), Wire.name(3, "input"), Wire.name(7, "filter"),
            Wire.nested(4, Wire.number(1, 1), Wire.number(2, 0xFFFF_FFFB)), Wire.number(5, 0),
            Wire.number(6, 9)),
        // A set of timed ports, whose user data have the byte order of the key and a comment.
        Wire.message(
            newSet, Wire.name(1, "filter"), Wire.name(2, "ports"), Wire.number(3, 0x10),
            Wire.number(4, 13), Wire.number(5, 2),
            Wire.attribute(13, [0, 4, 2, 0, 0, 0, 7, 2, 0x63, 0])),
        // The elements 3545, with a timeout of 60 s, and 80.
        Wire.message(
            newElement, Wire.name(1, "filter"), Wire.name(2, "ports"),
            Wire.nested(
                3,
                Wire.nested(1, Wire.nested(1, Wire.attribute(1, [13, 217])), Wire.number64(4, 60_000)),
                Wire.nested(1, Wire.nested(1, Wire.attribute(1, [0, 80]))))),
        // A traced packet, at a rule that jumps to the chain "own".
        Wire.message(
            trace, Wire.name(1, "filter"), Wire.name(2, "input"), Wire.number64(3, 7), Wire.number(4, 3),
            Wire.nested(5, Wire.number(1, UInt32(bitPattern: -3)), Wire.name(2, "own")), Wire.number(6, 9)),
        // A commit by the process 99, "nft".
        Wire.message(newGeneration, Wire.number(1, 5), Wire.number(2, 99), Wire.name(3, "nft")),
    ]

    @Test(arguments: samples)
    func `a valid message is read without access beyond its end`(message: [UInt8]) {
        let reading = memory.read(message)
        #expect(reading.broken == 0)
        // The message, its content as read by at least one reader, and the end of the datagram.
        #expect(reading.found >= 3)
        // Two messages have one end of the datagram.
        #expect(memory.read(message + message).found == 2 * reading.found - 1)
    }

    @Test(arguments: samples)
    func `a truncated message is not read beyond its end or endlessly`(message: [UInt8]) {
        for length in 0..<message.count {
            #expect(memory.read(Array(message.prefix(length))).broken == 0)
            // Correct the length in the header, so that an attribute is truncated, not the message.
            guard length >= 16 else { continue }
            var corrected = Array(message.prefix(length))
            corrected.replaceSubrange(0..<4, with: withUnsafeBytes(of: UInt32(length)) { Array($0) })
            #expect(memory.read(corrected).broken == 0)
        }
    }

    /// Replaces each byte by every other value, lengths and types included.
    @Test(arguments: samples)
    func `a message with one changed byte is not read beyond its end or endlessly`(message: [UInt8]) {
        var broken = 0
        for index in message.indices {
            for value in UInt8.min...UInt8.max {
                var changed = message
                changed[index] = value
                broken += memory.read(changed).broken
            }
        }
        #expect(broken == 0)
    }

    /// Reads the first expression of a rule with these expressions, and returns its fields.
    private func read(_ expressions: [UInt8]) -> (
        status: CInt, kind: cnftables_kind, code: Int32, name: String, source: UInt8, destination: UInt8
    ) {
        let message = Wire.message(
            Self.newRule, Wire.name(1, "t"), Wire.name(2, "c"), Wire.nested(4, expressions))
        return message.withUnsafeBufferPointer { bytes in
            var rule = cnftables_rule()
            let whole = cnftables_bytes(start: bytes.baseAddress, length: bytes.count)
            var expression = cnftables_expression()
            var status = cnftables_read_rule(whole, &rule)
            if status == 0 { status = cnftables_next_expression(&rule.expressions, &expression) }
            let name = UnsafeBufferPointer(start: expression.name.start, count: expression.name.length)
            return (
                status, expression.kind, expression.code, String(decoding: name, as: UTF8.self),
                expression.source, expression.destination
            )
        }
    }

    @Test func `a register is read as the offset of its first byte`() {
        // The registers 1 to 4 are NFT_REG_1 to NFT_REG_4, 8 to 23 are NFT_REG32_00 to NFT_REG32_15. The offset 0xFF is
        // CNFTABLES_NO_REGISTER.
        for (register, offset) in [
            (1, 0), (2, 16), (3, 32), (4, 48), (8, 0), (9, 4), (23, 60), (0, 0xFF), (5, 0xFF), (24, 0xFF),
            (.max, 0xFF),
        ] as [(UInt32, UInt8)] {
            let meta = read(Wire.expression("meta", Wire.number(2, 16), Wire.number(1, register)))
            #expect(meta.kind == CNFTABLES_META && meta.destination == offset, "\(register): \(meta)")
            let lookup = read(Wire.expression("lookup", Wire.name(1, "s"), Wire.number(2, register)))
            #expect(lookup.kind == CNFTABLES_LOOKUP && lookup.source == offset, "\(register): \(lookup)")
        }
        let withoutRegister = read(Wire.expression("meta", Wire.number(2, 16)))
        #expect(withoutRegister.kind == CNFTABLES_META && withoutRegister.destination == 0xFF)
    }

    @Test func `each expression is read as one of its kind`() {
        let zeroMask = Wire.nested(4, Wire.attribute(1, [0, 0, 0, 0]))
        let kinds: [([UInt8], cnftables_kind)] = [
            (Wire.expression("meta", Wire.number(2, 3), Wire.number(3, 1)), CNFTABLES_META_SET),
            (Wire.expression("ct", Wire.number(2, 3), Wire.number(4, 1)), CNFTABLES_CT_SET),
            (Wire.expression("ct", Wire.number(2, 0), Wire.number(1, 1)), CNFTABLES_CT),
            (
                Wire.expression(
                    "payload", Wire.number(5, 1), Wire.number(2, 1), Wire.number(3, 12), Wire.number(4, 4)),
                CNFTABLES_PAYLOAD_SET
            ),
            (Wire.expression("exthdr", Wire.number(1, 1)), CNFTABLES_LOAD),
            (Wire.expression("dynset", Wire.name(1, "s"), Wire.number(4, 1)), CNFTABLES_DYNSET),
            (
                Wire.expression("lookup", Wire.name(1, "s"), Wire.number(2, 1), Wire.number(3, 1)),
                CNFTABLES_MAP
            ),
            (
                Wire.expression("immediate", Wire.number(1, 1), Wire.nested(2, Wire.attribute(1, [1]))),
                CNFTABLES_IMMEDIATE
            ),
            (
                Wire.expression(
                    "bitwise", Wire.number(1, 1), Wire.number(2, 1), Wire.number(3, 4), zeroMask,
                    Wire.nested(5, Wire.attribute(1, [0, 0, 0, 0]))), CNFTABLES_MASK
            ),
            (
                Wire.expression(
                    "bitwise", Wire.number(1, 1), Wire.number(2, 1), Wire.number(3, 4), Wire.number(6, 9)),
                CNFTABLES_LOAD
            ),
            (Wire.expression("objref", Wire.number(1, 1), Wire.name(2, "n")), CNFTABLES_OBJECT),
            (Wire.expression("objref", Wire.number(3, 1), Wire.name(4, "m")), CNFTABLES_OBJECT_MAP),
        ]
        for (expression, kind) in kinds {
            let read = read(expression)
            #expect(read.status == 0 && read.kind == kind, "\(read)")
        }
    }

    @Test func `an expression without a kind of its own is read as other, with its name`() {
        for (expression, name) in [
            (Wire.expression("payload", Wire.number(5, 1), Wire.number(2, 1)), "payload set"),
            (Wire.expression("exthdr", Wire.number(7, 1)), "exthdr set"),
            (Wire.expression("limit", Wire.number(5, 1)), "limit over"),
            (Wire.expression("quota", Wire.number(2, 1)), "quota over"),
            (Wire.expression("connlimit", Wire.number(2, 1)), "connlimit over"),
            (Wire.expression("connlimit", Wire.number(1, 0), Wire.number(2, 1)), "connlimit over, 0"),
            (Wire.expression("connlimit", Wire.number(1, 0)), "connlimit, 0"),
            (Wire.expression("connlimit", Wire.number(1, 1)), "connlimit"),
            (Wire.expression("lookup", Wire.name(1, "s"), Wire.number(2, 1), Wire.number(5, 2)), "lookup"),
            (Wire.expression("something new", Wire.number(1, 1)), "something new"),
            (Wire.nested(1, Wire.name(1, "notrack")), "notrack"),  // without data
        ] {
            let read = read(expression)
            #expect(read.status == 0 && read.kind == CNFTABLES_OTHER && read.name == name, "\(read)")
        }
    }

    @Test func `look-ups are read with their set or map, and jumps with their chain`() {
        let lookup = read(Wire.expression("lookup", Wire.name(1, "s"), Wire.number(2, 1), Wire.number(5, 1)))
        #expect(lookup.kind == CNFTABLES_LOOKUP && lookup.code == 1 && lookup.name == "s")
        let verdictMap = read(
            Wire.expression("lookup", Wire.name(1, "m"), Wire.number(2, 1), Wire.number(3, 0)))
        #expect(verdictMap.kind == CNFTABLES_VERDICT_MAP && verdictMap.name == "m")
        let jump = read(
            Wire.expression(
                "immediate", Wire.number(1, 0),
                Wire.nested(2, Wire.nested(2, Wire.number(1, UInt32(bitPattern: -3)), Wire.name(2, "own")))))
        #expect(jump.kind == CNFTABLES_VERDICT && jump.code == -3 && jump.name == "own")
        let jumpWithoutChain = read(
            Wire.expression(
                "immediate", Wire.number(1, 0),
                Wire.nested(2, Wire.nested(2, Wire.number(1, UInt32(bitPattern: -3))))))
        #expect(jumpWithoutChain.kind == CNFTABLES_OTHER && jumpWithoutChain.name == "immediate")
    }

    @Test func `attributes of a wrong size are refused as malformed`() {
        #expect(read(Wire.expression("meta", Wire.attribute(2, [16]), Wire.number(1, 1))).status == -EBADMSG)
        #expect(read(Wire.expression("counter", Wire.number(1, 1))).status == -EBADMSG)
        let nameWithoutNUL = Wire.attribute(1, [0x73])
        #expect(read(Wire.expression("lookup", nameWithoutNUL, Wire.number(2, 1))).status == -EBADMSG)
        #expect(read(Wire.nested(1, Wire.nested(2))).status == -EBADMSG)  // no name
        #expect(read([4, 0, 1]).status == -EBADMSG)  // shorter than the header of an attribute
        #expect(read([0, 0, 1, 0]).status == -EBADMSG)  // a length of zero would make the list endless
    }

    /// NFTA_HOOK_DEVS (4) has NFTA_DEVICE_NAME (1) or, for a wildcard, NFTA_DEVICE_PREFIX (2).
    @Test(arguments: [
        ([Wire.name(1, "lo"), Wire.name(1, "eth0")], ["lo", "eth0"]),
        ([Wire.name(1, "lo"), Wire.name(2, "eth")], []), ([Wire.name(2, "eth")], []),
    ])
    func `a chain with a wildcard among its interfaces counts as bound to all`(
        list: [[UInt8]], expected: [String]
    ) {
        let message = Wire.message(
            Self.newChain, Wire.name(1, "t"), Wire.name(3, "in"), Wire.name(7, "filter"),
            Wire.nested(
                4, Wire.number(1, 5), Wire.number(2, 0), Wire.nested(4, Array(list.joined()))),
            Wire.number(5, 1), Wire.number(6, 0))
        var chains: [Chain] = []
        let status = message.withUnsafeBufferPointer { bytes in
            Chain.read(cnftables_bytes(start: bytes.baseAddress, length: bytes.count), into: &chains)
        }
        #expect(status == 0)
        let interfaces = chains.compactMap(\.base).map { base in
            [base.device].compactMap { $0 } + base.otherDevices
        }
        #expect(interfaces == [expected])
    }
}
