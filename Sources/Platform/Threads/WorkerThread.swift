// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A thread for code that blocks. It runs no tasks and handles no signals.
public final class WorkerThread: Sendable {
    private let handle: Handle
    private let isJoined = Monitor(false)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: The name that `ps -L` shows, at most 15 bytes.
    ///   - body: The code to run; the thread ends when it returns.
    /// - Throws: ``SystemError`` with EAGAIN when there are too many threads.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        handle = Handle(value: try Self.start(name: name, body))
    }

    /// Blocks until the thread has ended. Call it once at most, and not on the thread itself.
    public func join() {
        isJoined.withLock { $0 = true }
        pthread_join(handle.value, nil)
    }

    /// True on the thread itself.
    public var isCurrent: Bool { pthread_equal(pthread_self(), handle.value) != 0 }

    /// A thread that was not joined is detached.
    deinit {
        if !isJoined.withLock({ $0 }) { pthread_detach(handle.value) }
    }

    private static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> pthread_t {
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        // The new thread inherits the mask, in which all signals are blocked, so that no signal interrupts
        // it.
        unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }

        let argument = unsafe Unmanaged.passRetained(Body(name: name, work: body)).toOpaque()
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                unsafe clinux_name_thread(body.name)
                body.work()
                return nil
            }, argument)
        guard code == 0 else {
            unsafe Unmanaged<Body>.fromOpaque(argument).release()
            throw SystemError("start the thread \(name)", code: code)
        }
        return thread
    }

    /// Sendable, since pthread_t is an integer on Linux.
    private struct Handle: Sendable { let value: pthread_t }

    private final class Body: Sendable {
        let name: String
        let work: @Sendable () -> Void
        init(name: String, work: @escaping @Sendable () -> Void) {
            self.name = name
            self.work = work
        }
    }
}
