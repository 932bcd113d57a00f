// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The error of a call.
///
/// The driver pages of the Windows documentation mix two code spaces: ``documented`` is exactly the code that
/// they print, ``win32`` and ``ntstatus`` are codes of a single space.
public enum TeredoError: Error, Hashable, Sendable {
    /// An argument is not one of the accepted values.
    case invalidParameter
    /// There is no registration with this handle, or not any more.
    case invalidHandle
    case notEnoughMemory
    /// The Teredo client has no port: it is not running, or has not bound its socket yet.
    case notReady
    /// The host has no IPv6 stack, so that Teredo is of no use.
    case notSupported
    /// The answer will be passed to the callback.
    case ioPending
    /// A registration cannot be cancelled inside its own callback, since it would wait for itself.
    case possibleDeadlock
    /// Any other error, as a Win32 code.
    case other(Int32)

    /// The code as the Windows driver pages print it: a Win32 code for some errors, an NTSTATUS code for
    /// others.
    public var documented: Int32 {
        switch self {
        case .invalidParameter, .notEnoughMemory, .notSupported, .possibleDeadlock:
            Int32(bitPattern: ntstatus)
        case .invalidHandle, .notReady, .ioPending, .other: Int32(bitPattern: win32)
        }
    }

    /// The Win32 code, as used by user-mode Windows programs.
    public var win32: UInt32 {
        switch self {
        case .invalidParameter: 87  // ERROR_INVALID_PARAMETER
        case .invalidHandle: 6  // ERROR_INVALID_HANDLE
        case .notEnoughMemory: 8  // ERROR_NOT_ENOUGH_MEMORY
        case .notReady: 21  // ERROR_NOT_READY
        case .notSupported: 50  // ERROR_NOT_SUPPORTED
        case .ioPending: 997  // ERROR_IO_PENDING
        case .possibleDeadlock: 1131  // ERROR_POSSIBLE_DEADLOCK
        case .other(let code): UInt32(bitPattern: code)
        }
    }

    /// The NTSTATUS code, as used by Windows drivers.
    public var ntstatus: UInt32 {
        switch self {
        case .invalidParameter: 0xC000_000D  // STATUS_INVALID_PARAMETER
        case .invalidHandle: 0xC000_0008  // STATUS_INVALID_HANDLE
        case .notEnoughMemory: 0xC000_0017  // STATUS_NO_MEMORY
        case .notReady: 0xC000_00A3  // STATUS_DEVICE_NOT_READY
        case .notSupported: 0xC000_00BB  // STATUS_NOT_SUPPORTED
        case .ioPending: 0x0000_0103  // STATUS_PENDING
        case .possibleDeadlock: 0xC000_0194  // STATUS_POSSIBLE_DEADLOCK
        case .other(Self.tooManyOpenFiles): 0xC000_011F  // STATUS_TOO_MANY_OPENED_FILES
        case .other(Self.accessDenied), .other(Self.netlinkRefused): 0xC000_0022  // STATUS_ACCESS_DENIED
        case .other(Self.operationAborted): 0xC000_0120  // STATUS_CANCELLED
        case .other: Self.unsuccessful
        }
    }

    /// STATUS_UNSUCCESSFUL: the NTSTATUS code of every error without a code of its own.
    private static let unsuccessful: UInt32 = 0xC000_0001

    // The codes of ``other(_:)`` that the library uses.
    private static let tooManyOpenFiles: Int32 = 4  // ERROR_TOO_MANY_OPEN_FILES
    private static let accessDenied: Int32 = 5  // ERROR_ACCESS_DENIED
    private static let generalFailure: Int32 = 31  // ERROR_GEN_FAILURE
    private static let netlinkRefused: Int32 = 10047  // WSAEAFNOSUPPORT
    /// The task that waited for an answer was cancelled.
    static let operationAborted: Int32 = 995  // ERROR_OPERATION_ABORTED

    /// The nearest error for a failed system call.
    init(_ error: SystemError) {
        self =
            switch error.kind {
            case .outOfMemory: .notEnoughMemory
            case .outOfDescriptors: .other(Self.tooManyOpenFiles)
            case .netlinkRefused: .other(Self.netlinkRefused)
            case .denied: .other(Self.accessDenied)
            case .other: .other(Self.generalFailure)
            }
    }
}

extension TeredoError: CustomStringConvertible {
    /// A short text without a full stop.
    public var description: String {
        if case .other(let code) = self, ntstatus == Self.unsuccessful { return "\(message) \(code)" }
        return "\(message)"
    }

    /// The description without the code of an unknown failure. Static, since C callers may keep the text
    /// without limit.
    package var message: StaticString {
        switch self {
        case .invalidParameter: "an argument is not valid"
        case .invalidHandle: "there is no such registration"
        case .notEnoughMemory: "not enough memory"
        case .notReady: "the Teredo client has no port"
        case .notSupported: "there is no IPv6 stack"
        case .ioPending: "the answer will come later"
        case .possibleDeadlock: "a registration cannot be cancelled inside its own callback"
        case .other(Self.tooManyOpenFiles): "too many open files"
        case .other(Self.accessDenied): "access denied"
        case .other(Self.operationAborted): "the task was cancelled"
        case .other(Self.netlinkRefused): "netlink sockets (AF_NETLINK) are refused, as by a sandbox"
        case .other: "unknown failure"
        }
    }
}
