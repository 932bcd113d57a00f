// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A network interface as the kernel lists it.
struct NetworkLink {
    let index: UInt32
    let name: String
    let kind: String
    /// The index of the interface that this one is a member of, such as a bridge, bond or VRF; 0 for none.
    let master: UInt32
    let group: UInt32
    let type: UInt16
    let isUp: Bool
    let isLoopback: Bool

    init(_ link: clinux_link) {
        index = UInt32(bitPattern: link.index)
        name = Self.text(link.name)
        kind = Self.text(link.kind)
        (master, group, type) = (link.master, link.group, link.type)
        isUp = link.flags & UInt32(CLINUX_IFF_UP) != 0
        isLoopback = link.flags & UInt32(CLINUX_IFF_LOOPBACK) != 0
    }

    /// The text in a C array that is padded with NUL bytes.
    private static func text<Bytes>(_ bytes: Bytes) -> String {
        unsafe withUnsafeBytes(of: bytes) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
