// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A value with a lock, and with a condition on which other threads can wait for changes.
///
/// For threads that this project starts; tasks use actors. Only the closures passed as `body` run while the
/// lock is held.
@safe
public final class Monitor<State: ~Copyable & Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    public init(_ state: consuming State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        guard unsafe pthread_mutex_init(mutex, nil) == 0, unsafe pthread_condattr_init(&attributes) == 0,
            unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0,
            unsafe pthread_cond_init(condition, &attributes) == 0
        else { fatalError("out of memory for a lock") }
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` under the lock, then wakes the waiting threads, since the value may have changed.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Blocks until `body` returns a value. `body` runs under the lock, at once and after every change.
    public func wait<Result>(for body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }

    /// Blocks until `body` returns a value, or returns nil when `limit` has passed.
    /// A negative limit means zero.
    public func wait<Result>(atMost limit: Duration, for body: (inout State) -> Result?) -> Result? {
        let limit = max(limit, .zero)
        var end = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = end.tv_nsec + Int(limit.components.attoseconds / 1_000_000_000)
        end.tv_sec += Int(limit.components.seconds) + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            // The usual error is ETIMEDOUT. After any other, a further wait would return at once too.
            guard unsafe pthread_cond_timedwait(condition, mutex, &end) == 0 else { return body(&state) }
        }
    }
}
