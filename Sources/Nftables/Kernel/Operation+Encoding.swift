// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
internal import TeredoProtocol

extension Operation {
    /// Appends the operation to a C batch. Returns 0 or −errno.
    func encode(into batch: OpaquePointer) -> CInt {
        switch self {
        case .addTable(let table): unsafe table.encode(into: batch)
        case .deleteTable(let table):
            unsafe withCStrings(table.name) {
                unsafe cnftables_delete_table(batch, table.family.rawValue, $0)
            }
        case .addChain(let chain): unsafe chain.encode(into: batch)
        case .flushChain(let chain):
            unsafe withCStrings(chain.table.name, chain.name) {
                unsafe cnftables_flush_chain(batch, chain.table.family.rawValue, $0, $1)
            }
        case .deleteChain(let chain):
            unsafe withCStrings(chain.table.name, chain.name) {
                unsafe cnftables_delete_chain(batch, chain.table.family.rawValue, $0, $1)
            }
        case .addSet(let set): unsafe set.encode(into: batch)
        case .flushSet(let set):
            unsafe withCStrings(set.table.name, set.name) {
                unsafe cnftables_flush_set(batch, set.table.family.rawValue, $0, $1)
            }
        case .deleteSet(let set):
            unsafe withCStrings(set.table.name, set.name) {
                unsafe cnftables_delete_set(batch, set.table.family.rawValue, $0, $1)
            }
        case .addElements(let set, let elements): unsafe encodeElements(elements, of: set, into: batch)
        case .addRule(let rule, let chain, let position):
            unsafe rule.encode(into: batch, chain: chain, position: position)
        case .deleteRule(let chain, let handle):
            unsafe withCStrings(chain.table.name, chain.name) {
                unsafe cnftables_delete_rule(batch, chain.table.family.rawValue, $0, $1, handle)
            }
        }
    }
}

/// Calls `body` with the name as a C string. Returns −EINVAL for a name that contains a NUL, since its C string
/// would be the shorter name of another object.
func withCStrings(_ name: String, _ body: (UnsafePointer<CChar>) -> CInt) -> CInt {
    unsafe name.withCString { pointer in
        unsafe strlen(pointer) == name.utf8.count ? body(pointer) : -EINVAL
    }
}

func withCStrings(
    _ first: String, _ second: String, _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> CInt
) -> CInt {
    unsafe withCStrings(first) { first in
        unsafe withCStrings(second) { second in unsafe body(first, second) }
    }
}

/// Calls `body` with the text as a C string, or with NULL for nil. Returns −EINVAL for a text that contains a NUL.
func withOptionalCString(_ text: String?, _ body: (UnsafePointer<CChar>?) -> CInt) -> CInt {
    guard let text else { return body(nil) }
    return unsafe withCStrings(text) { unsafe body($0) }
}

extension Table {
    fileprivate func encode(into batch: OpaquePointer) -> CInt {
        unsafe withCStrings(name.name) { name in
            unsafe withOptionalCString(comment) { comment in
                unsafe cnftables_add_table(batch, self.name.family.rawValue, name, flags, comment)
            }
        }
    }
}

extension Chain {
    fileprivate func encode(into batch: OpaquePointer) -> CInt {
        let family = name.table.family.rawValue
        return unsafe withCStrings(name.table.name, name.name) { table, name in
            unsafe withOptionalCString(comment) { comment in
                guard let base else {
                    return unsafe cnftables_add_chain(batch, family, table, name, nil, comment)
                }
                return unsafe withCStrings(base.type) { type in
                    unsafe withOptionalCString(base.device) { device in
                        var hook = unsafe cnftables_hook(
                            number: base.hook.rawValue, priority: base.priority,
                            policy: base.policy.rawValue, type: type, device: device)
                        return unsafe cnftables_add_chain(batch, family, table, name, &hook, comment)
                    }
                }
            }
        }
    }
}

extension NamedSet {
    fileprivate func encode(into batch: OpaquePointer) -> CInt {
        var type = cnftables_set_type(
            key_type: keyType, key_length: keyLength, flags: flags, byte_order: keyByteOrder)
        let family = name.table.family.rawValue
        return unsafe withCStrings(name.table.name, name.name) { table, name in
            unsafe withOptionalCString(comment) { comment in
                unsafe cnftables_add_set(batch, family, table, name, &type, comment)
            }
        }
    }

    /// The byte order of the key for nft's listing: 2 for network order (ipv4_addr, ipv6_addr, ether_addr,
    /// inet_proto, inet_service), 1 for host order. For a concatenation, that of its last field, whose type is in
    /// the low six bits.
    private var keyByteOrder: UInt32 { [7, 8, 9, 12, 13].contains(keyType & 63) ? 2 : 1 }
}

private func encodeElements(
    _ elements: [TimedElement], of set: SetName, into batch: OpaquePointer
) -> CInt {
    unsafe withCStrings(set.table.name, set.name) { table, name in
        unsafe withUnsafeTemporaryAllocation(of: cnftables_element.self, capacity: elements.count) {
            entries in
            for index in elements.indices {
                let element = elements[index]
                unsafe entries.initializeElement(
                    at: index,
                    to: cnftables_element(
                        address: element.address?.bits ?? 0, port: element.port,
                        has_address: element.address == nil ? 0 : 1,
                        is_protocol: element.isProtocol ? 1 : 0,
                        timeout: element.timeout?.kernelMilliseconds ?? 0,
                        expiration: 0))
            }
            return unsafe cnftables_add_elements(
                batch, set.table.family.rawValue, table, name, entries.baseAddress, elements.count)
        }
    }
}

extension Duration {
    /// The timeout in milliseconds. The kernel takes 0 for "forever" and rounds down to its clock tick, which
    /// may be as long as 10 ms. The result is at least 20, so that a timeout never becomes "forever". Seconds are
    /// limited to 2^40, so that the product does not overflow.
    fileprivate var kernelMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        let milliseconds = min(max(seconds, 0), 1 << 40) * 1000 + attoseconds / 1_000_000_000_000_000
        return UInt64(max(20, milliseconds))
    }
}
