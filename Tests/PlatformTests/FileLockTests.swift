// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FileLockTests {
    private let path = "/tmp/teredowall-lock-test.\(getpid())"

    @Test func `a file is locked only once and removed with its lock`() throws {
        do {
            let lock = try #require(try acquire())
            #expect(try acquire() == nil)
            _ = lock
        }
        #expect(!Files.exists(path))
        // The file that a killed process leaves.
        try Files.write(path)
        #expect(try acquire() != nil)
        #expect(!Files.exists(path))
    }

    /// Acquires the lock; nil if it is taken. The lock is released with the returned value.
    private func acquire() throws -> Held? {
        guard let lock = try FileLock.acquire(path) else { return nil }
        return Held(lock)
    }

    private final class Held: Equatable {
        let lock: FileLock
        init(_ lock: consuming FileLock) { self.lock = lock }
        static func == (one: Held, other: Held) -> Bool { one === other }
    }
}

extension Files {
    fileprivate static func write(_ path: String) throws {
        close(try check("make \(path)") { open(path, O_CREAT | O_WRONLY, 0o600) })
    }
}
