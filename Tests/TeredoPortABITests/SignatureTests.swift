// SPDX-License-Identifier: GPL-2.0-or-later
import CTeredoPort
import Testing

@testable import TeredoPortABI

/// Compares the types of the implementations with the header. The attribute `@_cdecl` does not compare them,
/// and the attributes that compare them need Swift 6.3. The functions of Win32.swift are left out, since the header
/// does not declare them under their own names.
@Suite struct SignatureTests {
    /// Compiles only if both functions have the same type. Returns the type.
    private func check<Function>(_ declared: Function, _ implemented: Function) -> String {
        "\(type(of: declared))"
    }

    @Test func `every implementation has the type that the header declares`() {
        // The compiler makes the comparison: this file compiles only if all types are equal.
        let checked = [
            check(NotifyStableUnicastIpAddressTable, notifyStableUnicastIpAddressTable),
            check(FreeMibTable, freeMibTable),
            check(CancelMibChangeNotify2, cancelMibChangeNotify2),
            check(TeredoPortOpen, teredoPortOpen),
            check(TeredoPortTake, teredoPortTake),
            check(GetTeredoPort, getTeredoPort),
            check(GetTeredoPortOf, getTeredoPortOf),
            check(NotifyTeredoPortChange, notifyTeredoPortChange),
            check(NotifyTeredoPortChangeOf, notifyTeredoPortChangeOf),
            check(TeredoStatusToWin32, teredoStatusToWin32),
            check(TeredoStatusToNtstatus, teredoStatusToNtstatus),
            check(TeredoStatusMessage, teredoStatusMessage),
            check(TeredoSystemPortsGet, teredoSystemPortsGet),
            check(TeredoSystemPortsGetOf, teredoSystemPortsGetOf),
            check(TeredoSystemPortsSubscribe, teredoSystemPortsSubscribe),
            check(TeredoSystemPortsSubscribeOf, teredoSystemPortsSubscribeOf),
        ]
        #expect(checked.count == 16)
    }
}
