// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A Unix stream socket that listens at a path in the file system. The path is removed with the value.
public struct UnixListener: ~Copyable, Sendable {
    /// The identity of the file at the path, so that only this socket is removed.
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
    /// EEXIST when the path is not a socket, and EPERM when other users could replace the path.
    public init(path: String, backlog: Int32 = 1_024) throws(SystemError) {
        try Self.checkDirectory(of: path)
        try Self.removeStale(path)
        let descriptor = try makeSocket()
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

    /// Other users could put a socket of their own in the place of ours if they could write to the directory.
    /// The sticky bit prevents that, as in /tmp.
    private static func checkDirectory(of path: String) throws(SystemError) {
        let directory = path.lastIndex(of: "/").map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
        var status = stat()
        try check("open \(directory)") { unsafe stat(directory, &status) }
        let ours = status.st_uid == 0 || status.st_uid == geteuid()
        let closed = status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0
        if !ours || !closed {
            throw SystemError("listen at \(path), whose directory others may change", code: EPERM)
        }
    }

    private static func removeStale(_ path: String) throws(SystemError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SystemError("listen at \(path), which is not a socket", code: EEXIST)
        }
        do throws(SystemError) {
            _ = try UnixConnection.connect(to: path, within: .milliseconds(100))
        } catch {
            // A refused connection shows that no process listens. Any other error, such as a full queue,
            // shows one that does.
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
