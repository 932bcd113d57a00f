// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A name that at most one process of a network namespace can hold. The name is released when this value is
/// destroyed, and at the latest when the process ends.
///
/// The name is that of an abstract Unix socket, which belongs to the network namespace and leaves no file.
/// Any user can take a name, so a caller must check the holder's user.
public struct NamespaceLock: ~Copyable, Sendable {
    /// The reason why the name could not be taken.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Another process holds the name.
        case held(process: Int32, uid: UInt32)
        /// Another process holds the name but does not accept a connection, so that the holder is unknown.
        case busy
        case system(SystemError)

        public var description: String {
            switch self {
            case .held(let process, let uid): "held by process \(process) of user \(uid)"
            case .busy: "held by a process that does not answer"
            case .system(let error): error.description
            }
        }
    }

    /// The maximum number of attempts to take the name, and of attempts to connect to its holder.
    private static let attempts = 10

    private let stop: WakeUp
    private let thread: WorkerThread

    /// `listener` is closed with this value.
    private init(_ listener: Listener) throws(SystemError) {
        let stop = try WakeUp()
        let thread = try WorkerThread(name: "lock") {
            // Runs until `stop` is signalled. Waiting fails only for lack of memory: the name then stays
            // held, but connections are not answered.
            while let hasNews = try? waitForEvents(from: [listener, stop], until: nil), !hasNews[1] {
                if !listener.reject() { _ = try? waitForEvents(from: [stop], until: .now + .seconds(1)) }
            }
        }
        self.stop = stop
        self.thread = thread
    }

    deinit {
        stop.signal()
        thread.join()
    }

    /// Accepts and closes every connection: a full queue would make later callers fail.
    private final class Listener: EventSource {
        private let descriptor: Descriptor

        init(owning number: CInt) { descriptor = Descriptor(owning: number) }

        var descriptorNumber: CInt { descriptor.rawValue }

        /// Returns false when a connection stays in the queue because descriptors are short.
        func reject() -> Bool {
            var number: CInt = -1
            var status: CInt = 0
            while status == 0 {
                status = unsafe clinux_accept(descriptor.rawValue, &number)
                if status == 0 { close(number) }
            }
            return status == -EAGAIN
        }
    }

    /// Takes the name in the network namespace of the calling thread.
    public static func acquire(name: String) throws(Failure) -> NamespaceLock {
        for _ in 0..<attempts {
            var number: CInt = -1
            let status = unsafe clinux_abstract_listen(name, &number)
            if status == 0 {
                let listener = Listener(owning: number)
                do throws(SystemError) { return try NamespaceLock(listener) } catch { throw .system(error) }
            }
            guard status == -EADDRINUSE else {
                throw .system(SystemError("take the name \(name)", code: -status))
            }
            let found: Holder?
            do throws(SystemError) { found = try holder(of: name) } catch {
                guard error.code == EAGAIN else { throw .system(error) }
                throw .busy
            }
            // No holder: it has ended since the attempt to take the name. Try again.
            if let found { throw .held(process: found.process, uid: found.uid) }
        }
        throw .busy
    }

    /// The process that holds a name, and its user.
    public struct Holder: Hashable, Sendable {
        public var process: Int32
        public var uid: UInt32

        public init(process: Int32, uid: UInt32) {
            self.process = process
            self.uid = uid
        }
    }

    /// The holder of the name in the network namespace of the calling thread; nil when the name is free.
    public static func holder(of name: String) throws(SystemError) -> Holder? {
        let operation = "find the holder of the name \(name)"
        var number: CInt = -1
        var status: CInt = 0
        for _ in 0..<attempts {
            status = unsafe clinux_abstract_connect(name, &number)
            guard status == -EAGAIN else { break }
            // The queue of the holder's socket is full: give the holder time to accept connections.
            usleep(10_000)
        }
        if status == -ECONNREFUSED { return nil }
        try checkStatus(operation) { status }
        let connection = Descriptor(owning: number)
        var peer = clinux_peer()
        try checkStatus(operation) {
            unsafe clinux_peer_credentials(connection.rawValue, &peer)
        }
        return Holder(process: peer.process, uid: peer.user)
    }
}
