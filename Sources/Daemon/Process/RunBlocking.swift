// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Runs a task, and its child tasks, on a thread of their own and blocks the calling thread until the task is
/// done. For `main` only: never call it on the cooperative pool.
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
