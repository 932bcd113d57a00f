// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A file that at most one process can hold locked. The file is removed when this value is destroyed. When
/// the process ends, the lock ends too. In a directory that only root can write to, other users cannot
/// take the lock.
public struct FileLock: ~Copyable, Sendable {
    private let path: String
    private let descriptor: Descriptor

    private init(path: String, descriptor: consuming Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Only the holder of the lock removes the file, so that the path still leads to this file.
    deinit { unsafe unlink(path) }

    /// Creates the file with mode 0600 and locks it.
    /// - Returns: The lock; nil when another process holds it.
    public static func acquire(_ path: String) throws(SystemError) -> FileLock? {
        while true {
            let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
            let descriptor = Descriptor(
                owning: try check("open \(path)") { unsafe open(path, flags, 0o600) })
            if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
                let code = errno
                if code == EWOULDBLOCK { return nil }
                throw SystemError("lock \(path)", code: code)
            }
            // The previous holder may have removed the file between open and lock.
            var status = stat()
            try check("examine \(path)") { unsafe fstat(descriptor.rawValue, &status) }
            if Files.inode(path) == UInt64(status.st_ino) {
                return FileLock(path: path, descriptor: descriptor)
            }
        }
    }
}
