// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc

extension Operation {
    /// Appends the operation to a C batch: 0 or −errno.
    func encode(into batch: OpaquePointer) -> CInt {
        switch self {
        case .addTable(let table): unsafe table.encode(into: batch)
        case .deleteTable(let name):
            checkingNames(name.name) {
                unsafe cnftables_delete_table(batch, name.family.rawValue, name.name)
            }
        case .addChain(let chain): unsafe chain.encode(into: batch)
        case .flushChain(let chain): unsafe chain.encode(into: batch, cnftables_flush_chain)
        case .deleteChain(let chain): unsafe chain.encode(into: batch, cnftables_delete_chain)
        case .addSet(let set): unsafe set.encode(into: batch)
        case .flushSet(let set): unsafe set.encode(into: batch, cnftables_flush_set)
        case .deleteSet(let set): unsafe set.encode(into: batch, cnftables_delete_set)
        case .addElements(let set, let elements): unsafe encodeElements(elements, of: set, into: batch)
        case .addRule(let rule, let chain, let position):
            unsafe rule.encode(into: batch, chain: chain, position: position)
        case .deleteRule(let chain, let handle):
            checkingNames(chain.table.name, chain.name) {
                unsafe cnftables_delete_rule(
                    batch, chain.table.family.rawValue, chain.table.name, chain.name, handle)
            }
        }
    }
}

/// C would take a name to end at its first NUL, and so another object for the one that is meant.
private func checkingNames(_ names: String?..., body: () -> CInt) -> CInt {
    for case let name? in names where name.utf8.contains(0) { return -EINVAL }
    return body()
}

/// A C function that does something to a named object of a table.
private typealias NamedOperation = (
    OpaquePointer?, UInt8, UnsafePointer<CChar>?, UnsafePointer<CChar>?
) -> CInt

extension ChainName {
    fileprivate func encode(into batch: OpaquePointer, _ function: NamedOperation) -> CInt {
        checkingNames(table.name, name) {
            unsafe function(batch, table.family.rawValue, table.name, name)
        }
    }
}

extension SetName {
    fileprivate func encode(into batch: OpaquePointer, _ function: NamedOperation) -> CInt {
        checkingNames(table.name, name) {
            unsafe function(batch, table.family.rawValue, table.name, name)
        }
    }
}

extension Table {
    fileprivate func encode(into batch: OpaquePointer) -> CInt {
        checkingNames(name.name, comment) {
            unsafe cnftables_add_table(batch, name.family.rawValue, name.name, flags, comment)
        }
    }
}

extension Chain {
    fileprivate func encode(into batch: OpaquePointer) -> CInt {
        let table = name.table
        return checkingNames(table.name, name.name, base?.type, comment) {
            guard let base else {
                return unsafe cnftables_add_chain(
                    batch, table.family.rawValue, table.name, name.name, nil, comment)
            }
            return unsafe base.type.withCString { type in
                var hook = unsafe cnftables_hook(
                    number: base.hook.rawValue, priority: base.priority, policy: base.policy.rawValue,
                    type: type)
                return unsafe cnftables_add_chain(
                    batch, table.family.rawValue, table.name, name.name, &hook, comment)
            }
        }
    }
}

extension NamedSet {
    fileprivate func encode(into batch: OpaquePointer) -> CInt {
        let table = name.table
        var type = cnftables_set_type(
            key_type: keyType, key_length: keyLength, flags: flags, byte_order: keyByteOrder)
        return checkingNames(table.name, name.name, comment) {
            unsafe cnftables_add_set(
                batch, table.family.rawValue, table.name, name.name, &type, comment)
        }
    }

    /// What nft notes about a key of this type: 2 for those in network order (ipv4_addr, ipv6_addr,
    /// ether_addr, inet_proto, inet_service), 1 for those in the order of the host.
    private var keyByteOrder: UInt32 { [7, 8, 9, 12, 13].contains(keyType) ? 2 : 1 }
}

private func encodeElements(
    _ elements: [PortElement], of set: SetName, into batch: OpaquePointer
) -> CInt {
    let table = set.table
    return checkingNames(table.name, set.name) {
        unsafe withUnsafeTemporaryAllocation(of: cnftables_element.self, capacity: elements.count) {
            entries in
            for (index, element) in elements.enumerated() {
                unsafe entries.initializeElement(
                    at: index,
                    to: cnftables_element(
                        port: element.port, timeout: element.timeout?.kernelMilliseconds ?? 0,
                        expiration: 0))
            }
            return unsafe cnftables_add_elements(
                batch, table.family.rawValue, table.name, set.name, entries.baseAddress, elements.count)
        }
    }
}

extension Duration {
    /// For a timeout, where the kernel takes 0 for "for ever" and rounds down to its tick, of which there may
    /// be only a hundred a second. A timeout must never become none: the shortest is 20 ms.
    fileprivate var kernelMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return seconds < 0 ? 20 : UInt64(Int64.max) }
        return UInt64(max(20, milliseconds.partialValue + attoseconds / 1_000_000_000_000_000))
    }
}
