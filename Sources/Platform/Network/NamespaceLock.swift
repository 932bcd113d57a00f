// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A name that at most one process of a network namespace holds. Free again when this ends, however it ends.
///
/// The name is that of an abstract Unix socket: those belong to the network namespace and leave no file.
/// Any user can take a name, so look at who holds it.
public struct NamespaceLock: ~Copyable, Sendable {
    /// The reason for which the name could not be taken.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Another process holds it.
        case held(process: Int32, uid: UInt32)
        /// Another process holds it and does not answer who it is.
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

    private static let attempts = 10

    private let stop: WakeUp
    private let thread: WorkerThread

    /// `listener` is closed when this ends.
    private init(_ listener: Listener) throws(SystemError) {
        let stop = try WakeUp()
        let thread = try WorkerThread(name: "lock") {
            // Waiting fails only for want of memory; then the name is still held, and who asks is not answered.
            while let news = try? waitForNews(from: [listener, stop], until: nil), !news[1] {
                if !listener.turnAway() { _ = try? waitForNews(from: [stop], until: .now + .seconds(1)) }
            }
        }
        self.stop = stop
        self.thread = thread
    }

    deinit {
        stop.signal()
        thread.join()
    }

    /// Answers no caller, but accepts and closes each connection: a full queue would turn others away.
    private final class Listener: EventSource {
        private let descriptor: Descriptor

        init(owning number: CInt) { descriptor = Descriptor(owning: number) }

        var descriptorNumber: CInt { descriptor.rawValue }

        /// False when a connection is left in the queue, for want of descriptors.
        func turnAway() -> Bool {
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
            // The holder may go away between the two questions; then the name is free.
            if let found { throw .held(process: found.process, uid: found.uid) }
        }
        throw .busy
    }

    /// A process that holds a name, and its user.
    public struct Holder: Hashable, Sendable {
        public var process: Int32
        public var uid: UInt32

        public init(process: Int32, uid: UInt32) {
            self.process = process
            self.uid = uid
        }
    }

    /// The holder of the name in the network namespace of the calling thread; nil when it is free.
    public static func holder(of name: String) throws(SystemError) -> Holder? {
        let question = "ask who holds the name \(name)"
        var number: CInt = -1
        var status: CInt = 0
        for _ in 0..<attempts {
            status = unsafe clinux_abstract_connect(name, &number)
            guard status == -EAGAIN else { break }
            // So many ask at once that the holder has not got round to them.
            usleep(10_000)
        }
        if status == -ECONNREFUSED { return nil }
        try checkStatus(question) { status }
        let connection = Descriptor(owning: number)
        var holder = Holder(process: 0, uid: 0)
        try checkStatus(question) {
            unsafe clinux_peer_identity(connection.rawValue, &holder.process, &holder.uid)
        }
        return holder
    }
}
