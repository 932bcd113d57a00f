// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables

extension Expression {
    /// Appends the expressions of a list. Returns 0 or −errno.
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
    fileprivate init(_ read: cnftables_expression) {
        if let known = unsafe Expression.onFirstRegister(read) ?? Expression.known(read) {
            self = known
        } else {
            self = unsafe Instruction(read).map { .instruction($0) } ?? .other(read.ownName)
        }
    }

    /// The expressions on the first register, which are the forms that our rules use.
    private static func onFirstRegister(_ read: cnftables_expression) -> Expression? {
        let code = unsafe read.code
        let number = UInt32(bitPattern: code)
        switch unsafe (read.kind, read.source, read.destination) {
        case (CNFTABLES_META, _, 0): return MetaKey(rawValue: number).map { .meta($0) }
        case (CNFTABLES_PAYLOAD, _, 0):
            return PayloadBase(rawValue: number).map {
                unsafe .payload($0, offset: read.offset, length: read.length)
            }
        case (CNFTABLES_COMPARE, 0, _):
            return Comparison(rawValue: number).map { unsafe .compare($0, read.data.array) }
        case (CNFTABLES_LOOKUP, 0, _): return unsafe .lookup(set: String(read.name), inverted: code != 0)
        case (CNFTABLES_VERDICT_MAP, 0, _): return unsafe .verdictMap(map: String(read.name))
        default: return nil
        }
    }

    private static func known(_ read: cnftables_expression) -> Expression? {
        let code = unsafe read.code
        switch unsafe read.kind {
        case CNFTABLES_COUNTER: return unsafe .counter(packets: read.packets, bytes: read.octets)
        case CNFTABLES_VERDICT:
            return unsafe Verdict(code: code, chain: String(read.name)).map { .verdict($0) }
        case CNFTABLES_LOG: return .log
        case CNFTABLES_REJECT: return .reject
        case CNFTABLES_LIMIT: return .limit
        case CNFTABLES_MATCH:
            return unsafe .match(
                name: String(read.name), revision: UInt32(bitPattern: code), data: read.data.array)
        case CNFTABLES_TARGET:
            return unsafe .target(
                name: String(read.name), revision: UInt32(bitPattern: code), data: read.data.array)
        default: return nil
        }
    }
}

extension Instruction {
    /// Returns nil for expressions without a case and for registers that do not exist.
    fileprivate init?(_ read: cnftables_expression) {
        let from = unsafe read.source == UInt8(CNFTABLES_NO_REGISTER) ? nil : read.source
        let to = unsafe read.destination == UInt8(CNFTABLES_NO_REGISTER) ? nil : read.destination
        let made =
            if let from, let to {
                unsafe Instruction(read, from, to)
            } else if let from {
                unsafe Instruction(read, from: from)
            } else if let to {
                unsafe Instruction(read, to: to)
            } else {
                unsafe Instruction(plain: read)
            }
        guard let made else { return nil }
        self = made
    }

    private init?(_ read: cnftables_expression, _ from: UInt8, _ to: UInt8) {
        switch unsafe read.kind {
        case CNFTABLES_MASK:
            self = unsafe .mask(from: from, to: to, read.data.array, xor: read.second.array)
        case CNFTABLES_SHIFT:
            self = unsafe .shift(
                isLeft: read.code != 0, by: UInt32(hostOrder: read.data.array), length: read.length,
                from: from, to: to)
        case CNFTABLES_BYTEORDER:
            self = unsafe .byteOrder(unit: read.offset, length: read.length, from: from, to: to)
        case CNFTABLES_MAP: self = unsafe .map(String(read.name), from: from, to: to)
        case CNFTABLES_LOAD: self = unsafe .load(String(read.name), to: to)
        default: return nil
        }
    }

    private init?(_ read: cnftables_expression, from: UInt8) {
        let code = unsafe UInt32(bitPattern: read.code)
        switch unsafe read.kind {
        case CNFTABLES_COMPARE:
            guard let comparison = Comparison(rawValue: code) else { return nil }
            self = unsafe .compare(comparison, from: from, read.data.array)
        case CNFTABLES_RANGE:
            self = unsafe .range(
                isInverted: code != 0, from: from, low: read.data.array, high: read.second.array)
        case CNFTABLES_LOOKUP:
            self = unsafe .lookup(set: String(read.name), inverted: code != 0, from: from)
        case CNFTABLES_VERDICT_MAP: self = unsafe .verdictMap(map: String(read.name), from: from)
        case CNFTABLES_META_SET: self = .setMeta(code, from: from)
        case CNFTABLES_CT_SET: self = .setConnection(code, from: from)
        case CNFTABLES_OBJECT_MAP: self = unsafe .objectMap(String(read.name), from: from)
        case CNFTABLES_DYNSET:
            guard let inner = unsafe read.innerExpressions else { return nil }
            let isInverted = unsafe read.offset & 1 != 0
            self = unsafe .dynamicSet(
                String(read.name), operation: code, isInverted: isInverted, from: from, inner)
        default: return nil
        }
    }

    private init?(_ read: cnftables_expression, to: UInt8) {
        let code = unsafe UInt32(bitPattern: read.code)
        switch unsafe read.kind {
        case CNFTABLES_META: self = .meta(code, to: to)
        case CNFTABLES_PAYLOAD:
            self = unsafe .payload(base: code, offset: read.offset, length: read.length, to: to)
        case CNFTABLES_CT: self = .connection(code, to: to)
        case CNFTABLES_FIB: self = unsafe .route(result: code, flags: read.offset, to: to)
        case CNFTABLES_IMMEDIATE: self = unsafe .immediate(read.data.array, to: to)
        case CNFTABLES_LOAD: self = unsafe .load(String(read.name), to: to)
        default: return nil
        }
    }

    private init?(plain read: cnftables_expression) {
        switch unsafe read.kind {
        case CNFTABLES_OBJECT:
            self = unsafe .object(type: UInt32(bitPattern: read.code), name: String(read.name))
        case CNFTABLES_LOAD: self = unsafe .load(String(read.name), to: nil)
        default: return nil
        }
    }
}

extension UInt32 {
    /// Reads a number that the kernel stores in host byte order.
    fileprivate init(hostOrder bytes: [UInt8]) {
        #if _endian(little)
            self = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        #else
            self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
        #endif
    }
}

extension cnftables_expression {
    /// The expressions that a dynamic set attaches to its elements; nil when they cannot be read.
    fileprivate var innerExpressions: [Expression]? {
        var list: [Expression] = []
        if unsafe length == 0 { return unsafe Expression.read(data, into: &list) == 0 ? list : nil }
        var single = unsafe cnftables_expression()
        guard unsafe cnftables_read_expression(data, &single) == 0 else { return nil }
        return unsafe [Expression(single)]
    }

    /// The kernel's name of an expression that has no case.
    fileprivate var ownName: String {
        switch unsafe kind {
        case CNFTABLES_VERDICT, CNFTABLES_IMMEDIATE: "immediate"
        case CNFTABLES_LOOKUP, CNFTABLES_VERDICT_MAP, CNFTABLES_MAP: "lookup"
        case CNFTABLES_DYNSET: "dynset"
        case CNFTABLES_OBJECT, CNFTABLES_OBJECT_MAP: "objref"
        default: unsafe String(name)
        }
    }
}
