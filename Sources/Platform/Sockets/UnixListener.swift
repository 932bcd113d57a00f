// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A Unix stream socket that listens at a path in the file system. The path is removed when this value is
/// destroyed.
public struct UnixListener: ~Copyable, Sendable {
    /// The identity of the socket's file, so that a file that has replaced it is not removed.
    private struct Identity: Hashable, Sendable {
        let device: UInt
        let inode: UInt
    }

    public let path: String
    let descriptor: Descriptor
    private let identity: Identity

    /// Listens at `path`, to which any user may connect. `backlog` is the maximum number of connections that
    /// wait to be accepted.
    ///
    /// A socket left by a process that has ended is replaced. Throws EADDRINUSE when a process listens there,
    /// EEXIST when the path is not a socket, and EPERM when users other than root and this process's user could replace
    /// the path.
    public init(path: String, backlog: Int32 = 1_024) throws(SystemError) {
        try Self.checkDirectory(of: path)
        try Self.removeStale(path)
        let descriptor = try makeStreamSocket()
        let operation = "listen at \(path)"
        let address = try SocketAddress(path)
        try check(operation) { unsafe address.withPointer { unsafe bind(descriptor.rawValue, $0, $1) } }
        // Connecting requires write permission on the path, which bind has reduced by the umask.
        try check(operation) { unsafe chmod(path, 0o666) }
        try check(operation) { listen(descriptor.rawValue, backlog) }
        guard let identity = Self.identity(of: path) else { throw SystemError(operation, code: ENOENT) }
        self.path = path
        self.descriptor = descriptor
        self.identity = identity
    }

    deinit {
        if Self.identity(of: path) == identity { unsafe unlink(path) }
    }

    /// The next connection; nil when there is none.
    public func accept() throws(SystemError) -> UnixConnection? {
        var number: CInt = -1
        let status = unsafe clinux_accept(descriptor.rawValue, &number)
        if status == -EAGAIN || status == -ECONNABORTED || status == -EINTR { return nil }
        try checkStatus("accept a connection at \(path)") { status }
        return UnixConnection(owning: Descriptor(owning: number))
    }

    /// Throws EPERM when users other than root and the process's user could replace the socket: when they
    /// own the directory or may write to it without the sticky bit, which /tmp for example has.
    private static func checkDirectory(of path: String) throws(SystemError) {
        let directory = path.lastIndex(of: "/").map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
        var status = stat()
        try check("open \(directory)") { unsafe stat(directory, &status) }
        let isOwnerTrusted = status.st_uid == 0 || status.st_uid == geteuid()
        let areFilesProtected = status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0
        if !isOwnerTrusted || !areFilesProtected {
            throw SystemError("listen at \(path), whose directory others may change", code: EPERM)
        }
    }

    /// Removes a socket on which no process listens. Throws EADDRINUSE when a process does.
    private static func removeStale(_ path: String) throws(SystemError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SystemError("listen at \(path), which is not a socket", code: EEXIST)
        }
        do throws(SystemError) {
            _ = try UnixConnection.connect(to: path, within: .milliseconds(100))
        } catch {
            // A refused connection shows that no process listens. After any other error, such as that of a
            // full queue, assume that one does.
            guard error.code == ECONNREFUSED else { throw SystemError("listen at \(path)", code: EADDRINUSE) }
            try check("remove the stale socket \(path)") { unsafe unlink(path) }
            return
        }
        throw SystemError("listen at \(path)", code: EADDRINUSE)
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    }
}
