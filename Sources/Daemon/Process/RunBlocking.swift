// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Runs a task, and those it makes, on a thread of their own and blocks the calling thread until it is done.
/// Blocks the calling thread: for main only, never on the cooperative pool.
func runBlocking<Value: Sendable>(
    _ work: @escaping @Sendable () async -> Value
) throws(SystemError) -> Value {
    let result = Monitor<Value?>(nil)
    Task(executorPreference: try TaskThread(name: "tasks")) {
        let value = await work()
        result.withLock { $0 = value }
    }
    return result.wait { $0 }
}
