// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A network namespace, kept in existence by a descriptor.
///
/// A socket always belongs to the namespace of the thread that created it: only creating it requires
/// ``enter()``.
public final class NetworkNamespace: Sendable {
    private let descriptor: Descriptor

    private init(owning descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Makes an empty namespace, which exists until its last descriptor, socket and process have ended. Needs
    /// CAP_SYS_ADMIN.
    public static func make() throws(SystemError) -> NetworkNamespace {
        try NetworkNamespace(
            owning: onNewThread { () throws(SystemError) -> Descriptor in
                try checkStatus("make a network namespace") { clinux_unshare_network() }
                return try openCurrent()
            })
    }

    /// The namespace behind a file such as /run/netns/NAME or /proc/PID/ns/net.
    public static func open(path: String) throws(SystemError) -> NetworkNamespace {
        let number = try check("open \(path)") { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) }
        return NetworkNamespace(owning: Descriptor(owning: number))
    }

    /// The namespace of the calling thread.
    public static func current() throws(SystemError) -> NetworkNamespace {
        NetworkNamespace(owning: try openCurrent())
    }

    /// A path by which another process of the same user can open the namespace, valid as long as this object.
    public var path: String { "/proc/\(getpid())/fd/\(descriptor.rawValue)" }

    /// The inode, which identifies the namespace.
    public var inode: UInt64 {
        get throws(SystemError) {
            var status = stat()
            try check("read the identity of a network namespace") {
                unsafe fstat(descriptor.rawValue, &status)
            }
            return UInt64(status.st_ino)
        }
    }

    /// Moves the calling thread into the namespace until the thread ends. Sockets and threads that it creates
    /// afterwards belong there. Needs CAP_SYS_ADMIN.
    public func enter() throws(SystemError) {
        try checkStatus("enter a network namespace") { clinux_enter_network(descriptor.rawValue) }
    }

    private static func openCurrent() throws(SystemError) -> Descriptor {
        // /proc/self would be the main thread, which may be in another namespace.
        let number = try check("open the network namespace") {
            unsafe Glibc.open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        }
        return Descriptor(owning: number)
    }
}
