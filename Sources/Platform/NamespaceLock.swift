// SPDX-License-Identifier: GPL-2.0-or-later
internal import CLinux
internal import Glibc

/// A name that at most one process of a network namespace holds. Free again when this ends, however it ends.
///
/// The name is that of an abstract Unix socket: those belong to the network namespace and leave no file.
/// Any user can take a name, so look at who holds it.
public struct NamespaceLock: ~Copyable, Sendable {
    /// Why the name was not to be had.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Another process holds it.
        case held(process: Int32, uid: UInt32)
        case system(SystemError)

        public var description: String {
            switch self {
            case .held(let process, let uid): "held by process \(process) of user \(uid)"
            case .system(let error): error.description
            }
        }
    }

    private let descriptor: Descriptor

    private init(owning descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Takes the name in the network namespace of the calling thread.
    public static func acquire(name: String) throws(Failure) -> NamespaceLock {
        var failure = Failure.system(SystemError("take the name \(name)", code: EADDRINUSE))
        // The holder may go away between the two questions; then the name is free.
        for _ in 0..<10 {
            var number: CInt = -1
            let status = unsafe clinux_abstract_listen(name, &number)
            if status == 0 { return NamespaceLock(owning: Descriptor(owning: number)) }
            guard status == -EADDRINUSE else {
                throw .system(SystemError("take the name \(name)", code: -status))
            }
            do {
                let holder = try holder(of: name)
                failure = .held(process: holder.process, uid: holder.uid)
                break
            } catch {
                failure = .system(error)
            }
        }
        throw failure
    }

    private static func holder(of name: String) throws(SystemError) -> (process: Int32, uid: UInt32) {
        var number: CInt = -1
        try checkStatus("ask who holds the name \(name)") { unsafe clinux_abstract_connect(name, &number) }
        let connection = Descriptor(owning: number)
        var process: Int32 = 0
        var uid: UInt32 = 0
        try checkStatus("ask who holds the name \(name)") {
            unsafe clinux_peer_identity(connection.rawValue, &process, &uid)
        }
        return (process, uid)
    }
}
