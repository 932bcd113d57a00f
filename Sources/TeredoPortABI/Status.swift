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

/// Swift ends the process when memory runs out, so a call sees beforehand whether there is what it takes.
func requireMemory() throws(TeredoError) {
    guard Memory.hasReserve else { throw .notEnoughMemory }
}

/// Programs may look at errno of a call of their own after having called us.
func preservingErrno<Result>(_ body: () -> Result) -> Result {
    let code = errno
    defer { errno = code }
    return body()
}

extension TeredoError {
    /// The error that a status of this library stands for, nil for success.
    init?(documented status: teredo_status_t) {
        let named: [TeredoError] = [
            .invalidParameter, .invalidHandle, .notEnoughMemory, .notReady, .notSupported, .ioPending,
            .possibleDeadlock,
        ]
        guard status != success else { return nil }
        self = named.first { $0.documented == status } ?? .other(status)
    }
}

@c @implementation
public func TeredoStatusToWin32(_ Status: teredo_status_t) -> UInt32 {
    TeredoError(documented: Status)?.win32 ?? 0
}

@c @implementation
public func TeredoStatusToNtstatus(_ Status: teredo_status_t) -> UInt32 {
    TeredoError(documented: Status)?.ntstatus ?? 0
}

@c @implementation
public func TeredoStatusMessage(_ Status: teredo_status_t) -> UnsafePointer<CChar>? {
    let message = TeredoError(documented: Status)?.message ?? "success"
    return unsafe message.utf8Start.withMemoryRebound(to: CChar.self, capacity: 1) { unsafe $0 }
}
