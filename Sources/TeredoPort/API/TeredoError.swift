// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The error of a call.
///
/// The Windows documentation mixes two code spaces: ``documented`` returns exactly the printed codes,
/// ``win32`` and ``ntstatus`` return codes of one space.
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
        case .invalidParameter: 87
        case .invalidHandle: 6
        case .notEnoughMemory: 8
        case .notReady: 21
        case .notSupported: 50
        case .ioPending: 997
        case .possibleDeadlock: 1131
        case .other(let code): UInt32(bitPattern: code)
        }
    }

    /// The NTSTATUS code, as used by Windows drivers.
    public var ntstatus: UInt32 {
        switch self {
        case .invalidParameter: 0xC000_000D
        case .invalidHandle: 0xC000_0008
        case .notEnoughMemory: 0xC000_0017
        case .notReady: 0xC000_00A3
        case .notSupported: 0xC000_00BB
        case .ioPending: 0x0000_0103
        case .possibleDeadlock: 0xC000_0194
        case .other(4): 0xC000_011F
        case .other(5), .other(10047): 0xC000_0022
        case .other: 0xC000_0001
        }
    }

    /// The nearest error for a failed system call.
    init(_ error: SystemError) {
        self =
            switch error.kind {
            case .outOfMemory: .notEnoughMemory
            case .outOfDescriptors: .other(4)  // ERROR_TOO_MANY_OPEN_FILES
            case .netlinkRefused: .other(10047)  // WSAEAFNOSUPPORT
            case .denied: .other(5)  // ERROR_ACCESS_DENIED
            case .other: .other(31)  // ERROR_GEN_FAILURE
            }
    }
}

extension TeredoError: CustomStringConvertible {
    /// One sentence without a full stop.
    public var description: String {
        if case .other(let code) = self, ntstatus == 0xC000_0001 { return "\(message) \(code)" }
        return "\(message)"
    }

    /// The description without the number of an unnamed error. Static, since C callers may keep it without
    /// limit.
    package var message: StaticString {
        switch self {
        case .invalidParameter: "an argument is not valid"
        case .invalidHandle: "there is no such registration"
        case .notEnoughMemory: "not enough memory"
        case .notReady: "the Teredo client has no port"
        case .notSupported: "there is no IPv6 stack"
        case .ioPending: "the answer will come later"
        case .possibleDeadlock: "a registration cannot be cancelled inside its own callback"
        case .other(4): "too many open files"
        case .other(5): "access denied"
        case .other(10047): "netlink sockets (AF_NETLINK) are refused, as by a sandbox"
        case .other: "unknown failure"
        }
    }
}
