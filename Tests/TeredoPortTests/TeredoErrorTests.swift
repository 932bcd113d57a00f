// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import TeredoPort

@Suite struct TeredoErrorTests {
    @Test(
        arguments: [
            (.invalidParameter, -1_073_741_811, 87, 0xC000_000D),
            (.notSupported, -1_073_741_637, 50, 0xC000_00BB),
            (.notReady, 21, 21, 0xC000_00A3), (.invalidHandle, 6, 6, 0xC000_0008),
            (.ioPending, 997, 997, 0x103),
            (.notEnoughMemory, -1_073_741_801, 8, 0xC000_0017),
            (.possibleDeadlock, -1_073_741_420, 1131, 0xC000_0194),
            (.other(4), 4, 4, 0xC000_011F), (.other(5), 5, 5, 0xC000_0022),
            (.other(995), 995, 995, 0xC000_0120), (.other(10047), 10047, 10047, 0xC000_0022),
            (.other(31), 31, 31, 0xC000_0001),
        ] as [(TeredoError, Int32, UInt32, UInt32)])
    func `every error has its documented, Win32 and NTSTATUS code`(
        error: TeredoError, documented: Int32, win32: UInt32, ntstatus: UInt32
    ) {
        #expect(error.documented == documented)
        #expect(error.win32 == win32)
        #expect(error.ntstatus == ntstatus)
    }

    @Test func `only the text of an unknown failure contains its code`() {
        #expect(TeredoError.other(995).description == "the task was cancelled")
        #expect(TeredoError.other(31).description == "unknown failure 31")
    }
}
