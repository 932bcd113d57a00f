// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import TeredoPort

@Suite struct TeredoPortEventTests {
    @Test(
        arguments: [
            (nil, nil, nil), (nil, 5, .started(5)), (5, 6, .changed(6)), (5, nil, .stopped(lastPort: 5)),
            (5, 5, nil),
        ] as [(UInt16?, UInt16?, TeredoPortEvent?)])
    func `a change of the port is one event, and an equal port is none`(
        old: UInt16?, new: UInt16?, event: TeredoPortEvent?
    ) {
        #expect(TeredoPortEvent(from: old, to: new) == event)
    }

    @Test(
        arguments: [
            (.invalidParameter, -1_073_741_811, 87, 0xC000_000D),
            (.notSupported, -1_073_741_637, 50, 0xC000_00BB),
            (.notReady, 21, 21, 0xC000_00A3), (.invalidHandle, 6, 6, 0xC000_0008),
            (.ioPending, 997, 997, 0x103),
            (.notEnoughMemory, -1_073_741_801, 8, 0xC000_0017),
            (.possibleDeadlock, -1_073_741_420, 1131, 0xC000_0194), (.other(5), 5, 5, 0xC000_0022),
        ] as [(TeredoError, Int32, UInt32, UInt32)])
    func `every error has its documented, Win32 and NTSTATUS code`(
        error: TeredoError, documented: Int32, win32: UInt32, ntstatus: UInt32
    ) {
        #expect(error.documented == documented)
        #expect(error.win32 == win32)
        #expect(error.ntstatus == ntstatus)
    }
}
