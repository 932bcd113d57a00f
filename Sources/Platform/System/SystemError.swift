// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A system call that failed: what was attempted, on what, and the errno it gave.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The attempt, in the words of a log line: "bind /run/teredowall/control".
    public let operation: String
    /// The errno value, positive.
    public let code: CInt

    /// Opening a netlink socket was refused as such.
    private let isNetlinkRefusal: Bool

    public init(_ operation: String, code: CInt) {
        self.init(operation, code: code, isNetlinkRefusal: false)
    }

    private init(_ operation: String, code: CInt, isNetlinkRefusal: Bool) {
        self.operation = operation
        self.code = code
        self.isNetlinkRefusal = isNetlinkRefusal
    }

    /// "cannot bind /run/teredowall/control: Permission denied"
    public var description: String { "cannot \(operation): \(Self.text(of: code))" }

    /// The C library's words for an errno value.
    public static func text(of code: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        // Linux modules get the XSI variant, which fills the buffer and returns 0.
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let end = buffer.firstIndex(of: 0) ?? buffer.endIndex
        return String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Runs a C library call that answers −1 and errno, and retries it when a signal interrupted it.
/// The only place where errno is read.
@discardableResult
public func check<Value: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Value
) throws(SystemError) -> Value {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(operation(), code: code) }
    }
}

/// Runs a call of our own C targets, which answers 0 or −errno.
public func checkStatus(
    _ operation: @autoclosure () -> String, _ call: () -> CInt
) throws(SystemError) {
    let status = call()
    if status < 0 { throw SystemError(operation(), code: -status) }
}

/// Runs a call of our own C targets that opens a netlink socket.
func checkNetlink(
    _ operation: @autoclosure () -> String, _ call: () -> CInt
) throws(SystemError) {
    let status = call()
    if status < 0 { throw .openingNetlink(operation(), status: status) }
}

extension SystemError {
    /// A netlink socket of ours that could not be made, for what a sandbox answers: systemd's RestrictAddressFamilies
    /// (EAFNOSUPPORT), a seccomp filter (EPERM), a security module (EACCES).
    static func openingNetlink(_ operation: String, status: CInt) -> SystemError {
        SystemError(
            operation, code: -status, isNetlinkRefusal: [EAFNOSUPPORT, EPERM, EACCES].contains(-status))
    }

    /// The kinds of failures that callers tell apart.
    public enum Kind: Sendable {
        case outOfMemory, outOfDescriptors, denied, other
        /// The host or a sandbox gives out no netlink sockets.
        case netlinkRefused
    }

    /// The coarse kind of the errno value.
    public var kind: Kind {
        if isNetlinkRefusal { return .netlinkRefused }
        return switch code {
        case ENOMEM, ENOBUFS, EAGAIN: .outOfMemory
        case EMFILE, ENFILE: .outOfDescriptors
        case EPERM, EACCES: .denied
        default: .other
        }
    }
}
