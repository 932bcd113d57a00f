// SPDX-License-Identifier: Apache-2.0
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

    /// The interface with this name; nil if there is none.
    public init?(named name: String) {
        let index = unsafe if_nametoindex(name)
        guard index != 0 else { return nil }
        self.init(index: index, name: name)
    }

    /// The interface with this index; nil if there is none.
    public init?(index: UInt32) {
        var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard unsafe if_indextoname(index, &buffer) != nil else { return nil }
        let name = buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        self.init(index: index, name: String(decoding: name, as: UTF8.self))
    }

    /// The Ethernet address, 6 bytes; zeros if the interface has none.
    public var hardwareAddress: [UInt8] {
        get throws(SystemError) {
            var address = [UInt8](repeating: 0, count: 6)
            try checkStatus("read the Ethernet address of \(name)") {
                unsafe clinux_hardware_address(index, &address)
            }
            return address
        }
    }
}
