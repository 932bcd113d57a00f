// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc

extension Rule {
    /// Appends the rule in a message to `list` if it belongs to `chain`. Returns 0 or −errno.
    static func read(_ message: cnftables_bytes, of chain: ChainName, into list: inout [Rule]) -> CInt {
        var raw = unsafe cnftables_rule()
        var status = unsafe cnftables_read_rule(message, &raw)
        guard
            status == 0, unsafe raw.family == chain.table.family.rawValue,
            unsafe raw.table.equals(chain.table.name), unsafe raw.chain.equals(chain.name)
        else { return status }
        var expressions: [Expression] = []
        status = unsafe Expression.read(raw.expressions, into: &expressions)
        guard status == 0 else { return status }
        unsafe list.append(
            Rule(
                chain: chain, handle: raw.handle, expressions: expressions,
                comment: String(ifAny: raw.comment)))
        return 0
    }
}

extension cnftables_bytes {
    /// True if the bytes are those of the text in UTF-8.
    fileprivate func equals(_ text: String) -> Bool {
        unsafe UnsafeBufferPointer(start: start, count: length).elementsEqual(text.utf8)
    }
}

extension Verdict {
    /// Returns nil for verdicts without a case.
    init?(code: Int32, chain: String) {
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
