// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The private structure of an xtables extension. Bytes beyond its end read as 0.
struct XtablesBytes {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    /// The 16-bit number at an offset, stored in host byte order.
    func short(_ offset: Int) -> UInt16 {
        #if _endian(little)
            UInt16(byte(offset)) | UInt16(byte(offset + 1)) << 8
        #else
            UInt16(byte(offset)) << 8 | UInt16(byte(offset + 1))
        #endif
    }

    /// The 32-bit number at an offset, stored in host byte order.
    func word(_ offset: Int) -> UInt32 { UInt32(hostOrder: (0..<4).map { byte(offset + $0) }) }

    func part(_ offset: Int, _ length: Int) -> [UInt8] { (0..<length).map { byte(offset + $0) } }
}
