// SPDX-License-Identifier: GPL-2.0-or-later
internal import CLinux
internal import Glibc

/// A network interface of the calling thread's namespace.
public struct NetworkInterface: Hashable, Sendable {
    public let index: UInt32
    public let name: String

    public init(index: UInt32, name: String) {
        self.index = index
        self.name = name
    }

    /// The interface of this name, if there is one.
    public init?(named name: String) {
        let index = unsafe if_nametoindex(name)
        guard index != 0 else { return nil }
        self.init(index: index, name: name)
    }

    /// The interface of this index, if there is one.
    public init?(index: UInt32) {
        var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard unsafe if_indextoname(index, &buffer) != nil else { return nil }
        self.init(
            index: index, name: String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
    }

    /// Its Ethernet address, 6 bytes; zeros when it has none.
    public var hardwareAddress: [UInt8] {
        get throws(SystemError) {
            var address = [UInt8](repeating: 0, count: 6)
            try checkStatus("read the address of \(name)") { unsafe clinux_hardware_address(index, &address) }
            return address
        }
    }

    /// How many leading bits its IPv4 address shares with its neighbours' ; nil when it does not have that address.
    public func prefixLength(of address: IPv4Address) throws(SystemError) -> Int? {
        var first: UnsafeMutablePointer<ifaddrs>?
        try check("list network interfaces") { unsafe getifaddrs(&first) }
        defer { unsafe freeifaddrs(first) }
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard unsafe String(cString: entry.pointee.ifa_name) == name,
                unsafe IPv4Address(entry.pointee.ifa_addr) == address,
                let mask = unsafe IPv4Address(entry.pointee.ifa_netmask)
            else { continue }
            return mask.bits.nonzeroBitCount
        }
        return nil
    }
}

extension IPv4Address {
    /// "192.0.2.1"
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.allSatisfy(\.isNumber) ? UInt8($0) : nil }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        self.init(bits: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// nil for an address of another family.
    fileprivate init?(_ address: UnsafePointer<sockaddr>?) {
        guard let address = unsafe address, unsafe address.pointee.sa_family == sa_family_t(AF_INET) else {
            return nil
        }
        self = unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            unsafe IPv4Address(bits: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
        }
    }
}
