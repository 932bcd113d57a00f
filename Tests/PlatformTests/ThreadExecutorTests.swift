// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Testing

@Suite struct ThreadExecutorTests {
    @Test func `all calls of an actor run on one thread, and none is lost`() async throws {
        let counter = Counter(executor: try ThreadExecutor(name: "counter"))
        await withTaskGroup { group in
            for _ in 0..<1000 { group.addTask { await counter.count() } }
        }
        #expect(await counter.value == 1000)
        #expect(await counter.threads.count == 1)
        #expect(await !counter.threads.contains(.current))
    }

    @Test func `the executor's thread is recognised as the actor's`() async throws {
        let counter = Counter(executor: try ThreadExecutor(name: "counter"))
        #expect(await counter.isIsolatedByThread())
    }

    @Test func `only the alarm set last fires, on the thread, at its time`() async throws {
        let counter = Counter(executor: try ThreadExecutor(name: "counter"))
        let (fired, continuation) = AsyncStream.makeStream(of: Int.self)
        let start = ContinuousClock.now
        await counter.setAlarm(after: .seconds(3600)) { continuation.yield(1) }
        await counter.setAlarm(after: .milliseconds(60)) { [counter] in
            continuation.yield(counter.assumeIsolated { _ in 2 })
        }
        var iterator = fired.makeAsyncIterator()
        #expect(await iterator.next() == 2)
        #expect(ContinuousClock.now - start >= .milliseconds(60))
        await counter.setAlarm(after: .milliseconds(1)) { continuation.yield(3) }
        #expect(await iterator.next() == 3)
    }
}

struct TaskThreadTests {
    @Test func `a task and its child tasks run on one thread`() async throws {
        let executor = try TaskThread(name: "tasks")
        let threads = await Task(executorPreference: executor) {
            await withTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask {
                        await Task.yield()
                        return ThreadIdentity.current
                    }
                }
                return await group.reduce(into: Set<ThreadIdentity>()) { $0.insert($1) }
            }
        }.value
        #expect(threads.count == 1)
        #expect(!threads.contains(.current))
    }
}

private actor Counter {
    private nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.reference }
    private(set) var value = 0
    private(set) var threads: Set<ThreadIdentity> = []

    init(executor: ThreadExecutor) { self.executor = executor }

    func setAlarm(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        executor.setAlarm(at: .now + delay, body)
    }

    func count() {
        value += 1
        threads.insert(.current)
    }

    /// Calls `assumeIsolated` from a closure that the compiler does not know to be isolated to the actor.
    func isIsolatedByThread() -> Bool {
        let outside: @Sendable () -> Int = { [self] in assumeIsolated { $0.value } }
        return outside() == 0
    }
}
