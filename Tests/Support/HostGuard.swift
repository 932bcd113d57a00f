// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// The network namespace of the test process, in which nothing may be changed.
///
/// Its inode is recorded before any test enters another namespace. The checks fail for a namespace with that
/// inode, and for every namespace if the inode could not be recorded.
public enum HostGuard {
    private static let hostInode: UInt64? = try? NetworkNamespace.current().inode

    /// Records the inode of the calling thread's namespace. Call this at the start of a test, before the
    /// thread enters another namespace.
    public static func record() { _ = hostInode }

    /// Throws EPERM unless the calling thread is in a namespace other than the host's.
    public static func check() throws(SystemError) { try check(NetworkNamespace.current()) }

    /// Throws EPERM if the namespace is the host's.
    public static func check(_ namespace: NetworkNamespace) throws(SystemError) {
        let inode = try namespace.inode
        guard let hostInode, inode != hostInode else {
            let notPermitted: Int32 = 1  // EPERM
            throw SystemError(
                "change the ruleset of the host's own network namespace in a test", code: notPermitted)
        }
    }
}

extension NetworkNamespace {
    /// A new namespace for one test, verified to differ from the host's.
    public static func forTest() throws -> NetworkNamespace {
        HostGuard.record()
        let namespace = try NetworkNamespace.make()
        try namespace.run { () throws(SystemError) in try HostGuard.check() }
        return namespace
    }
}
