// SPDX-License-Identifier: GPL-2.0-or-later

extension FixedWidthInteger {
    /// The bytes in host byte order, in which the kernel stores its own numbers, unlike those of packets.
    @inlinable
    package var hostOrderBytes: [UInt8] {
        let littleEndian = (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> Self($0 * 8)) }
        #if _endian(little)
            return littleEndian
        #else
            return littleEndian.reversed()
        #endif
    }

    /// Reads bytes in host byte order.
    @inlinable
    package init(hostOrder bytes: some BidirectionalCollection<UInt8>) {
        #if _endian(little)
            self = bytes.reversed().reduce(0) { $0 << 8 | Self($1) }
        #else
            self = bytes.reduce(0) { $0 << 8 | Self($1) }
        #endif
    }
}
