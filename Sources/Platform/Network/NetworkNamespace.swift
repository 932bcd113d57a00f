// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A network namespace held open by a descriptor.
///
/// A socket belongs to the namespace of the thread that made it, for good: only *making* it needs ``run(_:)``.
public final class NetworkNamespace: Sendable {
    private let descriptor: Descriptor

    private init(owning descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// A new, empty namespace; it ends with the last descriptor, socket or process in it. Needs CAP_SYS_ADMIN.
    public static func make() throws(SystemError) -> NetworkNamespace {
        try NetworkNamespace(
            owning: onThread { () throws(SystemError) -> Descriptor in
                try checkStatus("make a network namespace") { clinux_unshare_network() }
                return try openCurrent()
            })
    }

    /// The namespace that a file such as /run/netns/NAME or /proc/PID/ns/net stands for.
    public static func open(path: String) throws(SystemError) -> NetworkNamespace {
        let number = try check("open \(path)") { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) }
        return NetworkNamespace(owning: Descriptor(owning: number))
    }

    /// The namespace of the calling thread.
    public static func current() throws(SystemError) -> NetworkNamespace {
        NetworkNamespace(owning: try openCurrent())
    }

    /// The path by which another process of the same user can enter it, valid as long as this object lives.
    public var path: String { "/proc/\(getpid())/fd/\(descriptor.rawValue)" }

    /// The inode that identifies the namespace.
    public var inode: UInt64 {
        get throws(SystemError) {
            var status = stat()
            try check("read the identity of a network namespace") {
                unsafe fstat(descriptor.rawValue, &status)
            }
            return UInt64(status.st_ino)
        }
    }

    /// Moves the calling thread into the namespace, for good: sockets and threads that it makes later are born there.
    /// Needs CAP_SYS_ADMIN.
    public func enter() throws(SystemError) {
        try checkStatus("enter a network namespace") { clinux_enter_network(descriptor.rawValue) }
    }

    private static func openCurrent() throws(SystemError) -> Descriptor {
        // /proc/thread-self, as the process's main thread may be elsewhere.
        let number = try check("open the network namespace") {
            unsafe Glibc.open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        }
        return Descriptor(owning: number)
    }
}
