// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
internal import TeredoProtocol

// Readers of the kernel's messages. Each `read` returns 0 or −errno and appends the objects in the message to `list`;
// it appends nothing for families that have no case.

extension Table {
    static func read(_ message: cnftables_bytes, into list: inout [Table]) -> CInt {
        var raw = unsafe cnftables_table()
        let status = unsafe cnftables_read_table(message, &raw)
        guard status == 0, let family = unsafe Family(rawValue: raw.family) else { return status }
        unsafe list.append(
            Table(
                TableName(family, String(raw.name)), handle: raw.handle, flags: raw.flags,
                owner: raw.has_owner == 0 ? nil : raw.owner, comment: String(ifAny: raw.comment)))
        return 0
    }
}

extension Chain {
    static func read(_ message: cnftables_bytes, into list: inout [Chain]) -> CInt {
        var raw = unsafe cnftables_chain()
        let status = unsafe cnftables_read_chain(message, &raw)
        guard status == 0, let family = unsafe Family(rawValue: raw.family) else { return status }
        // Every hook and policy that the kernel has is a case.
        var base: BaseChain?
        if unsafe raw.is_base != 0, let hook = unsafe Hook(rawValue: raw.hook),
            let policy = unsafe BaseChain.Policy(rawValue: raw.policy)
        {
            let interfaces = unsafe raw.interfaces
            base = unsafe BaseChain(
                hook: hook, type: String(raw.type), priority: raw.priority, policy: policy,
                device: interfaces.first, otherDevices: Array(interfaces.dropFirst()))
        }
        unsafe list.append(
            Chain(
                ChainName(TableName(family, String(raw.table)), String(raw.name)),
                handle: raw.handle, base: base, use: raw.use, comment: String(ifAny: raw.comment)))
        return 0
    }
}

extension cnftables_chain {
    /// The names of the interfaces that the chain is bound to; empty for all, and if not all of them can be read, as with a
    /// wildcard: then the chain is not taken to be without effect on any interface.
    fileprivate var interfaces: [String] {
        if let only = unsafe String(ifAny: device) { return [only] }
        var list = unsafe devices
        var names: [String] = []
        var next = unsafe cnftables_bytes()
        while true {
            guard unsafe cnftables_next_device(&list, &next) == 0 else { return [] }
            guard let name = unsafe String(ifAny: next) else { return names }
            names.append(name)
        }
    }
}

extension NamedSet {
    static func read(_ message: cnftables_bytes, into list: inout [NamedSet]) -> CInt {
        var raw = unsafe cnftables_set()
        let status = unsafe cnftables_read_set(message, &raw)
        guard status == 0, let family = unsafe Family(rawValue: raw.family) else { return status }
        var set = unsafe NamedSet(
            SetName(TableName(family, String(raw.table)), String(raw.name)), handle: raw.handle,
            keyType: raw.key_type, keyLength: raw.key_length, flags: raw.flags,
            comment: String(ifAny: raw.comment), fields: raw.fieldLengths)
        if unsafe raw.has_element_count != 0 { unsafe set.count = raw.element_count }
        list.append(set)
        return 0
    }
}

extension cnftables_set {
    /// The lengths, in bytes, of the fields of a concatenation with ranges.
    fileprivate var fieldLengths: [UInt32] {
        unsafe withUnsafeBytes(of: fields) { bytes in
            unsafe Array(bytes.bindMemory(to: UInt32.self).prefix(Int(field_count)))
        }
    }
}

extension SetEntry {
    /// Appends the elements in a message. Returns 0 or −errno.
    static func read(_ message: cnftables_bytes, into list: inout [SetEntry]) -> CInt {
        unsafe cnftables_entry.each(in: message) { entry in
            unsafe list.append(
                SetEntry(
                    entry.key.ifAny, keyEnd: entry.key_end.ifAny, isIntervalEnd: entry.isIntervalEnd,
                    verdict: entry.has_verdict == 0
                        ? nil : Verdict(code: entry.verdict, chain: String(entry.chain)),
                    data: entry.data.ifAny, object: String(ifAny: entry.object)))
        }
    }
}

extension cnftables_entry {
    /// NFT_SET_ELEM_INTERVAL_END
    var isIntervalEnd: Bool { unsafe flags & 1 != 0 }

    /// Passes each element in a message to `body`; an element is valid during that call only. Returns 0 or −errno.
    static func each(in message: cnftables_bytes, _ body: (cnftables_entry) -> Void) -> CInt {
        var elements = unsafe cnftables_bytes()
        var status = unsafe cnftables_read_elements(message, &elements)
        while status == 0 {
            var entry = unsafe cnftables_entry()
            var found: CInt = 0
            status = unsafe cnftables_next_entry(&elements, &entry, &found)
            guard status == 0, found != 0 else { break }
            unsafe body(entry)
        }
        return status
    }
}

/// A named limit or quota that passes packets above its bound, or a spent quota that passes those below.
struct InvertedObject {
    let name: SetName

    static func read(_ message: cnftables_bytes, into list: inout [InvertedObject]) -> CInt {
        var raw = unsafe cnftables_object()
        let status = unsafe cnftables_read_object(message, &raw)
        guard status == 0, let family = unsafe Family(rawValue: raw.family) else { return status }
        if unsafe raw.is_inverted != 0 {
            let table = unsafe TableName(family, String(raw.table))
            unsafe list.append(InvertedObject(name: SetName(table, String(raw.name))))
        }
        return 0
    }
}

extension TimedElement {
    static func read(_ message: cnftables_bytes, into list: inout [TimedElement]) -> CInt {
        var elements = unsafe cnftables_bytes()
        var status = unsafe cnftables_read_elements(message, &elements)
        while status == 0 {
            var element = cnftables_element()
            var found: CInt = 0
            status = unsafe cnftables_next_element(&elements, &element, &found)
            guard status == 0, found != 0 else { break }
            let isTimed = element.timeout != 0
            var timedElement = TimedElement(
                element.port,
                at: element.has_address == 0 ? nil : IPv4Address(bits: element.address),
                timeout: isTimed ? Duration(kernelMilliseconds: element.timeout) : nil,
                remaining: isTimed ? Duration(kernelMilliseconds: element.expiration) : nil)
            timedElement.isProtocol = element.is_protocol != 0
            list.append(timedElement)
        }
        return status
    }
}

extension Duration {
    fileprivate init(kernelMilliseconds: UInt64) {
        self = .milliseconds(Int64(clamping: kernelMilliseconds))
    }
}

extension String {
    /// Decodes UTF-8.
    init(_ bytes: cnftables_bytes) {
        unsafe self.init(
            decoding: UnsafeBufferPointer(start: bytes.start, count: bytes.length), as: UTF8.self)
    }

    /// Returns nil for an absent string.
    init?(ifAny bytes: cnftables_bytes) {
        guard unsafe bytes.start != nil else { return nil }
        unsafe self.init(bytes)
    }
}

extension cnftables_bytes {
    var array: [UInt8] { unsafe [UInt8](UnsafeBufferPointer(start: start, count: length)) }

    /// The bytes; nil when absent.
    fileprivate var ifAny: [UInt8]? { unsafe start == nil ? nil : array }
}
