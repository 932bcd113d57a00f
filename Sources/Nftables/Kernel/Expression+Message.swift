// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables

extension Expression {
    /// Appends the expressions of a list to `expressions`. Returns 0 or −errno.
    static func read(_ list: cnftables_bytes, into expressions: inout [Expression]) -> CInt {
        var list = unsafe list
        while true {
            var expression = unsafe cnftables_expression()
            let status = unsafe cnftables_next_expression(&list, &expression)
            guard status == 0, unsafe expression.kind != CNFTABLES_END else { return status }
            unsafe expressions.append(Expression(expression))
        }
    }

    /// Expressions and values without a case become ``other(_:)``.
    fileprivate init(_ raw: cnftables_expression) {
        if let known = unsafe Expression.onFirstRegister(raw) ?? Expression.withoutRegister(raw) {
            self = known
        } else {
            self = unsafe Instruction(raw).map { .instruction($0) } ?? .other(raw.kernelName)
        }
    }

    /// The expression if it is one on the first register (at offset 0) that has a case of its own, else nil.
    private static func onFirstRegister(_ raw: cnftables_expression) -> Expression? {
        let code = unsafe raw.code
        let number = UInt32(bitPattern: code)
        switch unsafe (raw.kind, raw.source, raw.destination) {
        case (CNFTABLES_META, _, 0): return MetaKey(rawValue: number).map { .meta($0) }
        case (CNFTABLES_PAYLOAD, _, 0):
            return PayloadBase(rawValue: number).map {
                unsafe .payload($0, offset: raw.offset, length: raw.length)
            }
        case (CNFTABLES_COMPARE, 0, _):
            return Comparison(rawValue: number).map { unsafe .compare($0, raw.data.array) }
        case (CNFTABLES_LOOKUP, 0, _): return unsafe .lookup(set: String(raw.name), inverted: code != 0)
        case (CNFTABLES_VERDICT_MAP, 0, _): return unsafe .verdictMap(map: String(raw.name))
        default: return nil
        }
    }

    /// The expression if it is one that uses no register and has a case of its own, else nil.
    private static func withoutRegister(_ raw: cnftables_expression) -> Expression? {
        let code = unsafe raw.code
        switch unsafe raw.kind {
        case CNFTABLES_COUNTER: return unsafe .counter(packets: raw.packets, bytes: raw.octets)
        case CNFTABLES_VERDICT:
            return unsafe Verdict(code: code, chain: String(raw.name)).map { .verdict($0) }
        case CNFTABLES_LOG: return .log
        case CNFTABLES_REJECT: return .reject
        case CNFTABLES_LIMIT: return .limit
        case CNFTABLES_MATCH:
            return unsafe .match(
                name: String(raw.name), revision: UInt32(bitPattern: code), data: raw.data.array)
        case CNFTABLES_TARGET:
            return unsafe .target(
                name: String(raw.name), revision: UInt32(bitPattern: code), data: raw.data.array)
        default: return nil
        }
    }
}

extension Instruction {
    /// Returns nil for expressions without a case and for registers that do not exist.
    fileprivate init?(_ raw: cnftables_expression) {
        let from = unsafe raw.source == UInt8(CNFTABLES_NO_REGISTER) ? nil : raw.source
        let to = unsafe raw.destination == UInt8(CNFTABLES_NO_REGISTER) ? nil : raw.destination
        let instruction =
            if let from, let to {
                unsafe Instruction(raw, from, to)
            } else if let from {
                unsafe Instruction(raw, from: from)
            } else if let to {
                unsafe Instruction(raw, to: to)
            } else {
                unsafe Instruction(withoutRegisters: raw)
            }
        guard let instruction else { return nil }
        self = instruction
    }

    /// An expression that reads and writes registers.
    private init?(_ raw: cnftables_expression, _ from: UInt8, _ to: UInt8) {
        switch unsafe raw.kind {
        case CNFTABLES_MASK:
            self = unsafe .mask(from: from, to: to, raw.data.array, xor: raw.second.array)
        case CNFTABLES_SHIFT:
            self = unsafe .shift(
                isLeft: raw.code != 0, by: UInt32(hostOrder: raw.data.array), length: raw.length,
                from: from, to: to)
        case CNFTABLES_BYTEORDER:
            self = unsafe .byteOrder(unit: raw.offset, length: raw.length, from: from, to: to)
        case CNFTABLES_MAP: self = unsafe .map(String(raw.name), from: from, to: to)
        case CNFTABLES_LOAD: self = unsafe .load(String(raw.name), to: to)
        default: return nil
        }
    }

    /// An expression that reads a register.
    private init?(_ raw: cnftables_expression, from: UInt8) {
        let code = unsafe UInt32(bitPattern: raw.code)
        switch unsafe raw.kind {
        case CNFTABLES_COMPARE:
            guard let comparison = Comparison(rawValue: code) else { return nil }
            self = unsafe .compare(comparison, from: from, raw.data.array)
        case CNFTABLES_RANGE:
            self = unsafe .range(
                isInverted: code != 0, from: from, low: raw.data.array, high: raw.second.array)
        case CNFTABLES_LOOKUP:
            self = unsafe .lookup(set: String(raw.name), inverted: code != 0, from: from)
        case CNFTABLES_VERDICT_MAP: self = unsafe .verdictMap(map: String(raw.name), from: from)
        case CNFTABLES_META_SET: self = .setMeta(code, from: from)
        case CNFTABLES_CT_SET: self = .setConnection(code, from: from)
        case CNFTABLES_PAYLOAD_SET:
            self = unsafe .setPayload(base: code, offset: raw.offset, length: raw.length, from: from)
        case CNFTABLES_OBJECT_MAP: self = unsafe .objectMap(String(raw.name), from: from)
        case CNFTABLES_DYNSET:
            guard let inner = unsafe raw.innerExpressions else { return nil }
            let isInverted = unsafe raw.offset & 1 != 0  // NFT_DYNSET_F_INV
            self = unsafe .dynamicSet(
                String(raw.name), operation: code, isInverted: isInverted, from: from, inner)
        default: return nil
        }
    }

    /// An expression that writes a register.
    private init?(_ raw: cnftables_expression, to: UInt8) {
        let code = unsafe UInt32(bitPattern: raw.code)
        switch unsafe raw.kind {
        case CNFTABLES_META: self = .meta(code, to: to)
        case CNFTABLES_PAYLOAD:
            self = unsafe .payload(base: code, offset: raw.offset, length: raw.length, to: to)
        case CNFTABLES_CT:
            let isReply = unsafe raw.offset == 1  // IP_CT_DIR_REPLY
            self = .connection(code, isReply: isReply, to: to)
        case CNFTABLES_FIB: self = unsafe .route(result: code, flags: raw.offset, to: to)
        case CNFTABLES_IMMEDIATE: self = unsafe .immediate(raw.data.array, to: to)
        case CNFTABLES_LOAD: self = unsafe .load(String(raw.name), to: to)
        default: return nil
        }
    }

    private init?(withoutRegisters raw: cnftables_expression) {
        switch unsafe raw.kind {
        case CNFTABLES_OBJECT:
            self = unsafe .object(type: UInt32(bitPattern: raw.code), name: String(raw.name))
        case CNFTABLES_LOAD: self = unsafe .load(String(raw.name), to: nil)
        default: return nil
        }
    }
}

extension cnftables_expression {
    /// The expressions of the elements of a dynamic set, as a list or, if `length` is 1, a single one (see
    /// CNFTABLES_DYNSET); nil when they cannot be read.
    fileprivate var innerExpressions: [Expression]? {
        var list: [Expression] = []
        if unsafe length == 0 { return unsafe Expression.read(data, into: &list) == 0 ? list : nil }
        var single = unsafe cnftables_expression()
        guard unsafe cnftables_read_expression(data, &single) == 0 else { return nil }
        return unsafe [Expression(single)]
    }

    /// The kernel's name of an expression that has no case.
    fileprivate var kernelName: String {
        switch unsafe kind {
        case CNFTABLES_VERDICT, CNFTABLES_IMMEDIATE: "immediate"
        case CNFTABLES_LOOKUP, CNFTABLES_VERDICT_MAP, CNFTABLES_MAP: "lookup"
        case CNFTABLES_DYNSET: "dynset"
        case CNFTABLES_OBJECT, CNFTABLES_OBJECT_MAP: "objref"
        default: unsafe String(name)
        }
    }
}
