// SPDX-License-Identifier: GPL-2.0-or-later
import TeredoProtocol
import Testing

@Suite struct TeredoAddressTests {
    /// The expected values are from an address of a real client that was not behind a NAT.
    @Test func `the inverted parts of a Teredo address are decoded`() throws {
        let bytes: [UInt8] = [0x20, 1, 0, 0, 5, 5, 5, 1, 0x0C, 0x5E, 0x6A, 0x98, 0xF9, 0xF9, 0xF9, 0xFD]
        let address = try #require(TeredoAddress(bytes))
        #expect(address.server == IPv4Address(5, 5, 5, 1))
        #expect(address.flags == 0x0C5E)
        #expect(address.mappedPort == 38247)
        #expect(address.mappedAddress == IPv4Address(6, 6, 6, 2))
    }

    @Test(arguments: [
        [UInt8](), [0x20, 1, 0, 0], [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12),
        [0x20, 1, 0, 0] + [UInt8](repeating: 0, count: 13),
    ])
    func `bytes of another length or prefix are not a Teredo address`(bytes: [UInt8]) {
        #expect(TeredoAddress(bytes) == nil)
    }
}

@Suite struct IPv4AddressTests {
    @Test func `an IPv4 address is written in dotted decimal`() {
        #expect(IPv4Address(bits: 0xE000_00FD).description == "224.0.0.253")
    }

    @Test(arguments: [
        ("192.0.2.1", 0xC000_0201 as UInt32?), ("0.0.0.0", 0), ("255.255.255.255", .max), ("", nil),
        ("1.2.3", nil),
        ("1.2.3.4.5", nil), ("1.2.3.256", nil), ("1.2.3.-4", nil), ("1.2.3.+4", nil), (" 1.2.3.4", nil),
        ("1..2.3", nil), ("1.2.3.٤", nil),
    ])
    func `an IPv4 address is read only from dotted decimal in ASCII`(text: String, bits: UInt32?) {
        #expect(IPv4Address(text)?.bits == bits)
        if bits != nil { #expect(IPv4Address(text)?.description == text) }
    }
}
