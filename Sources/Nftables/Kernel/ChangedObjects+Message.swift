// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables

extension ChangedObjects {
    /// Adds the objects named by one event. Returns false for the event that ends a commit.
    mutating func read(_ message: cnftables_bytes) -> Bool {
        var change = unsafe cnftables_change()
        guard unsafe cnftables_read_change(message, &change) == 0 else {
            becomeUnknown()
            return true
        }
        let subject = unsafe change.subject
        if subject == CNFTABLES_SUBJECT_GENERATION { return false }
        if subject == CNFTABLES_SUBJECT_OTHER { becomeUnknown() }
        guard !areIncomplete, let family = unsafe Family(rawValue: change.family) else { return true }
        let table = unsafe TableName(family, String(change.table))
        unsafe insert(change, in: table, message)
        return true
    }

    /// Adds the objects named by an event about something else than a generation.
    private mutating func insert(
        _ change: cnftables_change, in table: TableName, _ message: cnftables_bytes
    ) {
        let name = unsafe String(change.name)
        switch unsafe change.subject {
        case CNFTABLES_SUBJECT_TABLE: insert(.table(table))
        case CNFTABLES_SUBJECT_CHAIN:
            unsafe insert(.chain(ChainName(table, name), handle: change.handle, base: change.base))
        case CNFTABLES_SUBJECT_RULE:
            insert(.rule(in: ChainName(table, name)))
            unsafe insert(RuleChange(change, in: ChainName(table, name), message: message))
            unsafe insertReferences(ofRule: change.contents, in: table)
        case CNFTABLES_SUBJECT_SET: insert(.set(SetName(table, name)))
        case CNFTABLES_SUBJECT_ELEMENTS:
            insert(.element(of: SetName(table, name)))
            unsafe insertReferences(ofElements: change.contents, in: table)
        case CNFTABLES_SUBJECT_OBJECT: insert(.object(in: table))
        default: break
        }
    }

    /// Adds the chains to which a rule with these expressions leads.
    private mutating func insertReferences(ofRule expressions: cnftables_bytes, in table: TableName) {
        var rest = unsafe expressions
        var expression = unsafe cnftables_expression()
        while true {
            guard unsafe cnftables_next_expression(&rest, &expression) == 0 else { return becomeUnknown() }
            switch unsafe expression.kind {
            case CNFTABLES_END: return
            case CNFTABLES_VERDICT:
                if unsafe expression.name.length > 0 {
                    unsafe insert(.reference(to: ChainName(table, String(expression.name))))
                }
            default: break
            }
        }
    }

    /// Adds the chains to which these elements of a map lead.
    private mutating func insertReferences(ofElements elements: cnftables_bytes, in table: TableName) {
        var rest = unsafe elements
        var entry = unsafe cnftables_entry()
        var found: CInt = 1
        while true {
            guard unsafe cnftables_next_entry(&rest, &entry, &found) == 0 else { return becomeUnknown() }
            if found == 0 { return }
            if unsafe entry.has_verdict != 0, unsafe entry.chain.length > 0 {
                unsafe insert(.reference(to: ChainName(table, String(entry.chain))))
            }
        }
    }
}

extension cnftables_change {
    /// The hook and the type of a base chain, else nil.
    fileprivate var base: BaseChain? {
        guard unsafe is_base != 0, let hook = unsafe Hook(rawValue: hook) else { return nil }
        return unsafe BaseChain(hook: hook, type: String(type))
    }
}
