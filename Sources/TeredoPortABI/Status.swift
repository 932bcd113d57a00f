// SPDX-License-Identifier: Apache-2.0
public import CTeredoPort
internal import Glibc
internal import Platform
internal import TeredoPort

let success: teredo_status_t = 0

/// The status of a call: 0, or the error's code as the Windows pages print it.
func status(_ body: () throws(TeredoError) -> Void) -> teredo_status_t {
    preservingErrno {
        do throws(TeredoError) {
            try body()
            return success
        } catch {
            return error.documented
        }
    }
}

/// Checks for enough free memory beforehand, since Swift ends the process when memory runs out.
func requireMemory() throws(TeredoError) {
    guard Memory.isAvailable else { throw .notEnoughMemory }
}

/// Runs `body` without changing errno, which the program may read after a call of its own.
func preservingErrno<Result>(_ body: () -> Result) -> Result {
    let code = errno
    defer { errno = code }
    return body()
}

extension TeredoError {
    /// The error of a status of this library; nil for success.
    init?(documented status: teredo_status_t) {
        let named: [TeredoError] = [
            .invalidParameter, .invalidHandle, .notEnoughMemory, .notReady, .notSupported, .ioPending,
            .possibleDeadlock,
        ]
        guard status != success else { return nil }
        self = named.first { $0.documented == status } ?? .other(status)
    }
}

@_cdecl("TeredoStatusToWin32")
public func teredoStatusToWin32(_ Status: teredo_status_t) -> UInt32 {
    TeredoError(documented: Status)?.win32 ?? 0
}

@_cdecl("TeredoStatusToNtstatus")
public func teredoStatusToNtstatus(_ Status: teredo_status_t) -> UInt32 {
    TeredoError(documented: Status)?.ntstatus ?? 0
}

@_cdecl("TeredoStatusMessage")
public func teredoStatusMessage(_ Status: teredo_status_t) -> UnsafePointer<CChar>? {
    let message = TeredoError(documented: Status)?.message ?? "success"
    return unsafe message.utf8Start.withMemoryRebound(to: CChar.self, capacity: 1) { unsafe $0 }
}
