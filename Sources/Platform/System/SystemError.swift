// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A failed system call: the operation, the object, and the errno.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation and its object as a phrase: "bind /run/teredowall/control".
    public let operation: String
    /// The errno value, positive.
    public let code: CInt

    /// True when the host or a sandbox refuses to open a netlink socket (see `openingNetlink`).
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

    /// The C library's text for an errno value. For ETIMEDOUT, which here is about the kernel, the bus or a process
    /// more often than about a connection, a text that fits all of them.
    public static func text(of code: CInt) -> String {
        if code == ETIMEDOUT { return "no answer in time" }
        var buffer = [CChar](repeating: 0, count: 128)
        // Swift imports Glibc without _GNU_SOURCE, so this is the XSI variant, which fills the buffer and returns 0.
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let end = buffer.firstIndex(of: 0) ?? buffer.endIndex
        return String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Runs a C library call that reports errors by −1 and errno, and repeats it after an interruption by a
/// signal.
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

/// Runs a function of this package's C targets, which returns 0 or −errno.
public func checkStatus(
    _ operation: @autoclosure () -> String, _ call: () -> CInt
) throws(SystemError) {
    let status = call()
    if status < 0 { throw SystemError(operation(), code: -status) }
}

/// Runs a function of CLinux that opens a netlink socket and returns 0 or −errno. An error shows whether the host
/// refuses such sockets. Only the port API distinguishes this, so that `Nftables` does without: it opens its sockets
/// with ``checkStatus(_:_:)``.
func checkNetlink(
    _ operation: @autoclosure () -> String, _ call: () -> CInt
) throws(SystemError) {
    let status = call()
    if status < 0 { throw .openingNetlink(operation(), status: status) }
}

extension SystemError {
    /// The error of opening a netlink socket. It counts as a refusal if it is one that sandboxes cause:
    /// systemd's RestrictAddressFamilies (EAFNOSUPPORT), a seccomp filter (EPERM), a security module
    /// (EACCES).
    static func openingNetlink(_ operation: String, status: CInt) -> SystemError {
        SystemError(
            operation, code: -status, isNetlinkRefusal: [EAFNOSUPPORT, EPERM, EACCES].contains(-status))
    }

    /// The kinds of failures that callers distinguish.
    public enum Kind: Sendable {
        case outOfMemory, outOfDescriptors, denied, other
        /// The host or a sandbox refuses netlink sockets.
        case netlinkRefused
    }

    /// The kind of the failure.
    public var kind: Kind {
        if isNetlinkRefusal { return .netlinkRefused }
        return switch code {
        // EAGAIN as the error of making a thread: memory or the limit of threads is used up. UnixConnection.connect
        // throws it for a full queue of the listener, but its callers do not ask for this case.
        case ENOMEM, ENOBUFS, EAGAIN: .outOfMemory
        case EMFILE, ENFILE: .outOfDescriptors
        case EPERM, EACCES: .denied
        default: .other
        }
    }
}
