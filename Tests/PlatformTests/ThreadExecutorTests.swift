// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Testing

@Suite struct ThreadExecutorTests {
    @Test func `everything runs on the one thread, and nothing is lost`() async throws {
        let counter = Counter(executor: try ThreadExecutor(name: "counter"))
        await withTaskGroup { group in
            for _ in 0..<1000 { group.addTask { await counter.count() } }
        }
        #expect(await counter.value == 1000)
        #expect(await counter.threads.count == 1)
        #expect(await !counter.threads.contains(.current))
    }

    @Test func `the thread knows itself as the actor's`() async throws {
        let counter = Counter(executor: try ThreadExecutor(name: "counter"))
        #expect(await counter.isIsolatedByThread())
    }
}

private actor Counter {
    private nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.reference }
    private(set) var value = 0
    private(set) var threads: Set<ThreadIdentity> = []

    init(executor: ThreadExecutor) { self.executor = executor }

    func count() {
        value += 1
        threads.insert(.current)
    }

    /// From code that the compiler does not know to be the actor's.
    func isIsolatedByThread() -> Bool {
        let outside: @Sendable () -> Int = { [self] in assumeIsolated { $0.value } }
        return outside() == 0
    }
}
