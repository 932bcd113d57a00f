// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc

extension Rule {
    /// Appends the rule in a message to `list` if it is one of `chain`: 0 or −errno.
    static func read(_ message: cnftables_bytes, of chain: ChainName, into list: inout [Rule]) -> CInt {
        var read = unsafe cnftables_rule()
        var status = unsafe cnftables_read_rule(message, &read)
        guard
            status == 0, unsafe read.family == chain.table.family.rawValue,
            unsafe read.table.equals(chain.table.name), unsafe read.chain.equals(chain.name)
        else { return status }
        var expressions: [Expression] = []
        while status == 0 {
            var expression = unsafe cnftables_expression()
            status = unsafe cnftables_next_expression(&read.expressions, &expression)
            guard status == 0, unsafe expression.kind != CNFTABLES_END else { break }
            unsafe expressions.append(Expression(expression))
        }
        guard status == 0 else { return status }
        unsafe list.append(
            Rule(
                chain: chain, handle: read.handle, expressions: expressions,
                comment: String(ifAny: read.comment)))
        return 0
    }
}

extension cnftables_bytes {
    fileprivate func equals(_ text: String) -> Bool {
        unsafe UnsafeBufferPointer(start: start, count: length).elementsEqual(text.utf8)
    }

    fileprivate var array: [UInt8] { unsafe [UInt8](UnsafeBufferPointer(start: start, count: length)) }
}

extension Expression {
    /// What has no case of its own, or a value that none has been given, is ``other(_:)``.
    fileprivate init(_ read: cnftables_expression) {
        self = unsafe Expression.known(read) ?? .other(read.ownName)
    }

    private static func known(_ read: cnftables_expression) -> Expression? {
        let code = unsafe read.code
        switch unsafe read.kind {
        case CNFTABLES_META: return MetaKey(rawValue: UInt32(bitPattern: code)).map { .meta($0) }
        case CNFTABLES_PAYLOAD:
            return PayloadBase(rawValue: UInt32(bitPattern: code)).map {
                unsafe .payload($0, offset: read.offset, length: read.length)
            }
        case CNFTABLES_COMPARE:
            return Comparison(rawValue: UInt32(bitPattern: code)).map {
                unsafe .compare($0, read.data.array)
            }
        case CNFTABLES_LOOKUP: return unsafe .lookup(set: String(read.name), inverted: code != 0)
        case CNFTABLES_DISPATCH: return unsafe .verdictMap(map: String(read.name))
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

extension cnftables_expression {
    /// The kernel's name of an expression of which nothing else is kept.
    fileprivate var ownName: String {
        switch unsafe kind {
        case CNFTABLES_META: "meta"
        case CNFTABLES_PAYLOAD: "payload"
        case CNFTABLES_COMPARE: "cmp"
        case CNFTABLES_VERDICT: "immediate"
        default: unsafe String(name)
        }
    }
}

extension Verdict {
    /// Appends the verdicts of the elements in a message: 0 or −errno. What has no case here is left out.
    static func read(_ message: cnftables_bytes, into list: inout [Verdict]) -> CInt {
        var elements = unsafe cnftables_bytes()
        var status = unsafe cnftables_read_elements(message, &elements)
        while status == 0 {
            var chain = unsafe cnftables_bytes()
            var (code, found): (Int32, CInt) = (0, 0)
            status = unsafe cnftables_next_verdict(&elements, &code, &chain, &found)
            guard status == 0, found != 0 else { break }
            if let verdict = unsafe Verdict(code: code, chain: String(chain)) { list.append(verdict) }
        }
        return status
    }

    fileprivate init?(code: Int32, chain: String) {
        switch cnftables_verdict(rawValue: code) {
        case CNFTABLES_ACCEPT: self = .accept
        case CNFTABLES_DROP: self = .drop
        case CNFTABLES_CONTINUE: self = .continue
        case CNFTABLES_RETURN: self = .return
        case CNFTABLES_JUMP: self = .jump(chain)
        case CNFTABLES_GOTO: self = .goto(chain)
        default: return nil
        }
    }
}
