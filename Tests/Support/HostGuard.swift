// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// The network namespace that the test process started in: nothing may ever be changed there.
///
/// Recorded once, before any test runs in a namespace. Fail closed: no record, or an inode that equals it,
/// refuses.
public enum HostGuard {
    private static let hostInode: UInt64? = try? NetworkNamespace.current().inode

    /// Call it at start, on the test process's own thread.
    public static func record() { _ = hostInode }

    /// Throws EPERM unless the calling thread is in a namespace other than the host's.
    public static func check() throws(SystemError) { try check(NetworkNamespace.current()) }

    /// Throws EPERM unless the namespace is another than the host's.
    public static func check(_ namespace: NetworkNamespace) throws(SystemError) {
        let inode = try namespace.inode
        guard let hostInode, inode != hostInode else {
            throw SystemError("change the ruleset of the host's own network namespace in a test", code: 1)
        }
    }
}

extension NetworkNamespace {
    /// A fresh namespace for one test; code that runs in it is proven to be off the host.
    public static func forTest() throws -> NetworkNamespace {
        HostGuard.record()
        let namespace = try NetworkNamespace.make()
        try namespace.run { () throws(SystemError) in try HostGuard.check() }
        return namespace
    }
}
