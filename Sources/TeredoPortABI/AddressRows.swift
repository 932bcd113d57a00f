// SPDX-License-Identifier: Apache-2.0
internal import CTeredoPort
internal import Glibc
internal import TeredoPort

/// A table of addresses in one block of memory, for one call of free(): the number of rows, then the rows.
enum AddressRows {
    static func make(_ addresses: [UnicastAddress]) throws(TeredoError) -> PMIB_UNICASTIPADDRESS_TABLE {
        guard let start = MemoryLayout<MIB_UNICASTIPADDRESS_TABLE>.offset(of: \.Table) else {
            fatalError("the offset of the rows is unknown")
        }
        let stride = MemoryLayout<MIB_UNICASTIPADDRESS_ROW>.stride
        // Space for at least one row, since the C type declares an array of one row.
        guard let memory = unsafe calloc(1, start + max(1, addresses.count) * stride) else {
            throw .notEnoughMemory
        }
        let table = unsafe memory.bindMemory(to: MIB_UNICASTIPADDRESS_TABLE.self, capacity: 1)
        unsafe table.pointee.NumEntries = UInt32(addresses.count)
        for (index, address) in addresses.enumerated() {
            unsafe (memory + start + index * stride).storeBytes(
                of: MIB_UNICASTIPADDRESS_ROW(address), as: MIB_UNICASTIPADDRESS_ROW.self)
        }
        return unsafe table
    }
}

extension MIB_UNICASTIPADDRESS_ROW {
    init(_ address: UnicastAddress) {
        self.init()
        Address = SOCKADDR_INET(address)
        InterfaceLuid = address.interfaceLUID
        InterfaceIndex = address.interfaceIndex
        PrefixOrigin = address.prefixOrigin.rawValue
        SuffixOrigin = address.suffixOrigin.rawValue
        ValidLifetime = Self.seconds(address.validLifetime)
        PreferredLifetime = Self.seconds(address.preferredLifetime)
        OnLinkPrefixLength = address.prefixLength
        DadState = address.state.rawValue
        ScopeId = address.scopeID
        CreationTimeStamp = address.created.map(Self.fileTime) ?? 0
    }

    private static func seconds(_ lifetime: Duration?) -> UInt32 {
        lifetime.map { UInt32(clamping: $0.components.seconds) } ?? .max
    }

    /// The time in units of 100 ns since 1601 (FILETIME).
    private static func fileTime(_ sinceUnix: Duration) -> Int64 {
        let secondsFrom1601To1970: Int64 = 11_644_473_600
        return (sinceUnix.components.seconds + secondsFrom1601To1970) * 10_000_000
            + sinceUnix.components.attoseconds / 100_000_000_000
    }
}

extension SOCKADDR_INET {
    init(_ address: UnicastAddress) {
        self.init()
        switch address.family {
        case .ipv6:
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_scope_id = address.scopeID
            unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { unsafe $0.copyBytes(from: address.bytes) }
            unsafe Ipv6 = name
        case .ipv4, .any:
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            unsafe withUnsafeMutableBytes(of: &name.sin_addr) { unsafe $0.copyBytes(from: address.bytes) }
            unsafe Ipv4 = name
        }
    }
}
