// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A file that at most one process holds locked, and that is there only meanwhile; free again when the process ends,
/// however it ends. In a directory that only root can change, nobody else can take it.
public struct FileLock: ~Copyable, Sendable {
    private let path: String
    private let descriptor: Descriptor

    private init(path: String, descriptor: consuming Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// The one who unlinks holds the lock, so it is this file.
    deinit { unsafe unlink(path) }

    /// Makes the file, for its owner alone, and locks it.
    /// - Returns: nil when another process holds it.
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
            // Between the two calls its last holder may have unlinked it.
            var status = stat()
            try check("examine \(path)") { unsafe fstat(descriptor.rawValue, &status) }
            if Files.inode(path) == UInt64(status.st_ino) {
                return FileLock(path: path, descriptor: descriptor)
            }
        }
    }
}
