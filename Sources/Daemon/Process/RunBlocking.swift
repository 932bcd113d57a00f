// SPDX-License-Identifier: GPL-2.0-or-later
internal import Dispatch
internal import Platform
internal import Synchronization

/// Runs a task, and those it makes, on a thread of their own and blocks the calling thread until it is done.
/// For main alone: never on the cooperative pool.
func runBlocking<Value: Sendable>(
    _ work: @escaping @Sendable () async -> Value
) throws(SystemError) -> Value {
    let box = Box<Value>()
    Task(executorPreference: try TaskThread(name: "tasks")) {
        box.value.withLock { [value = await work()] in $0 = value }
        box.isDone.signal()
    }
    box.isDone.wait()
    guard let value = box.value.withLock({ $0 }) else { fatalError("a task ended without a result") }
    return value
}

private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
    let isDone = DispatchSemaphore(value: 0)
}
