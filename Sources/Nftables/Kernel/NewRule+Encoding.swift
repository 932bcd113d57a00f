// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc

extension NewRule {
    /// Appends a message that adds the rule to a C batch. Returns 0 or −errno.
    func encode(into batch: OpaquePointer, chain: ChainName, position: RulePosition) -> CInt {
        let (placement, handle) = position.encoded
        let family = chain.table.family
        var status = unsafe withCStrings(chain.table.name, chain.name) { table, name in
            unsafe withOptionalCString(comment) { comment in
                unsafe cnftables_begin_rule(
                    batch, family.rawValue, table, name, placement, handle, compatProtocol, comment)
            }
        }
        for expression in expressions(in: family) where status == 0 {
            status = unsafe expression.encode(into: batch)
        }
        return status == 0 ? unsafe cnftables_end_rule(batch) : status
    }
}

extension RulePosition {
    fileprivate var encoded: (cnftables_position, handle: UInt64) {
        switch self {
        case .first: (CNFTABLES_FIRST, 0)
        case .last: (CNFTABLES_LAST, 0)
        case .before(let handle): (CNFTABLES_BEFORE, handle)
        case .after(let handle): (CNFTABLES_AFTER, handle)
        }
    }
}

extension Expression {
    /// Appends the expression to the open rule of a C batch. Returns 0 or −errno.
    fileprivate func encode(into batch: OpaquePointer) -> CInt {
        switch self {
        case .meta(let key): unsafe add(to: batch, CNFTABLES_META, code: Int32(key.rawValue))
        case .payload(let base, let offset, let length):
            unsafe add(
                to: batch, CNFTABLES_PAYLOAD, code: Int32(base.rawValue), offset: offset, length: length)
        case .instruction(.payload(let base, let offset, let length, let to)):
            unsafe add(
                to: batch, CNFTABLES_PAYLOAD, code: Int32(base), offset: offset, length: length, into: to)
        // Only properties without a direction are written (`ct state`).
        case .instruction(.connection(let key, _, let to)):
            unsafe add(to: batch, CNFTABLES_CT, code: Int32(key), into: to)
        case .instruction(.mask(let from, let to, let mask, let xor)):
            unsafe add(
                to: batch, CNFTABLES_MASK, length: UInt32(mask.count), from: from, into: to, data: mask,
                second: xor)
        case .compare(let comparison, let bytes):
            unsafe add(to: batch, CNFTABLES_COMPARE, code: Int32(comparison.rawValue), data: bytes)
        case .lookup(let set, let inverted):
            unsafe add(to: batch, CNFTABLES_LOOKUP, code: inverted ? 1 : 0, name: set)
        case .trace: unsafe cnftables_add_trace(batch)
        case .counter: unsafe add(to: batch, CNFTABLES_COUNTER)
        case .verdict(let verdict):
            unsafe add(
                to: batch, CNFTABLES_VERDICT, code: verdict.encoded.rawValue, name: verdict.target ?? "")
        case .match(let name, let revision, let data):
            unsafe add(
                to: batch, CNFTABLES_MATCH, code: Int32(bitPattern: revision), name: name, data: data)
        case .target(let name, let revision, let data):
            unsafe add(
                to: batch, CNFTABLES_TARGET, code: Int32(bitPattern: revision), name: name, data: data)
        case .verdictMap, .log, .reject, .limit, .instruction, .other: -EOPNOTSUPP
        }
    }

    /// Appends an expression with these fields of `cnftables_expression`. Returns 0 or −errno.
    private func add(
        to batch: OpaquePointer, _ kind: cnftables_kind, code: Int32 = 0, offset: UInt32 = 0,
        length: UInt32 = 0, from: UInt8 = 0, into destination: UInt8 = 0, name: String = "",
        data: [UInt8] = [], second: [UInt8] = []
    ) -> CInt {
        var name = name
        return name.withUTF8 { name in
            unsafe withUnsafeBuffers(data, second) { data, second in
                var expression = unsafe cnftables_expression()
                unsafe expression.kind = kind
                unsafe expression.code = code
                unsafe expression.offset = offset
                unsafe expression.length = length
                unsafe expression.source = from
                unsafe expression.destination = destination
                unsafe expression.name = cnftables_bytes(start: name.baseAddress, length: name.count)
                unsafe expression.data = cnftables_bytes(start: data.baseAddress, length: data.count)
                unsafe expression.second = cnftables_bytes(start: second.baseAddress, length: second.count)
                return unsafe cnftables_add_expression(batch, &expression)
            }
        }
    }
}

private func withUnsafeBuffers(
    _ first: [UInt8], _ second: [UInt8],
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> CInt
) -> CInt {
    unsafe first.withUnsafeBufferPointer { first in
        unsafe second.withUnsafeBufferPointer { second in unsafe body(first, second) }
    }
}

extension Verdict {
    fileprivate var encoded: cnftables_verdict {
        switch self {
        case .accept: CNFTABLES_ACCEPT
        case .drop: CNFTABLES_DROP
        case .continue: CNFTABLES_CONTINUE
        case .return: CNFTABLES_RETURN
        case .jump: CNFTABLES_JUMP
        case .goto: CNFTABLES_GOTO
        }
    }
}
