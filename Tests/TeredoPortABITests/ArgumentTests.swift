// SPDX-License-Identifier: GPL-2.0-or-later
import CTeredoPort
import Platform
import TestSupport
import Testing

@testable import TeredoPort
@testable import TeredoPortABI

/// Tests invalid arguments of the C functions, and the codes of their statuses, as imported into Swift. Tests that need
/// a client are in Tests/Conformance, in C.
@Suite struct ArgumentTests {
    private static let ignore: teredo_port_change_callback = { _, _, _ in }

    @Test func `missing pointers are refused`() {
        #expect(GetTeredoPort(nil) == TeredoError.invalidParameter.documented)
        #expect(NotifyTeredoPortChange(Self.ignore, nil, 1, nil) == TeredoError.invalidParameter.documented)
        #expect(CancelMibChangeNotify2(nil) == TeredoError.invalidParameter.documented)
        #expect(TeredoSystemPortsGet(nil) == TeredoError.invalidParameter.documented)
    }

    @Test func `a failed registration leaves no handle`() {
        var handle = teredo_handle_t(bitPattern: 42)
        #expect(NotifyTeredoPortChange(nil, nil, 1, &handle) == TeredoError.invalidParameter.documented)
        #expect(handle == nil)
    }

    @Test(arguments: [1, 2, 42, UInt.max])
    func `an invalid handle is refused`(bits: UInt) {
        #expect(
            CancelMibChangeNotify2(teredo_handle_t(bitPattern: bits)) == TeredoError.invalidHandle.documented)
    }

    // 23 is AF_INET6 on Windows.
    @Test(arguments: [1, 3, 7, 23, UInt16.max])
    func `only the address families of this system are accepted`(family: UInt16) {
        var table: PMIB_UNICASTIPADDRESS_TABLE?
        var handle: teredo_handle_t?
        let status = NotifyStableUnicastIpAddressTable(
            family, &table, { _, table in FreeMibTable(table) }, nil, &handle)
        #expect(status == TeredoError.invalidParameter.documented)
        #expect(table == nil)
        #expect(handle == nil)
    }

    @Test(
        arguments: [
            .invalidParameter, .invalidHandle, .notEnoughMemory, .notReady, .notSupported, .ioPending,
            .possibleDeadlock,
        ] as [TeredoError])
    func `every status has the Win32 code, NTSTATUS code and message of its error`(error: TeredoError) {
        #expect(TeredoStatusToWin32(error.documented) == error.win32)
        #expect(TeredoStatusToNtstatus(error.documented) == error.ntstatus)
        #expect(String(cString: TeredoStatusMessage(error.documented)) == error.description)
    }

    @Test func `success has the code 0 in both code spaces`() {
        #expect(TeredoStatusToWin32(0) == 0)
        #expect(TeredoStatusToNtstatus(0) == 0)
    }
}
