// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
public import Testing

/// For tests that need root, and that run programs and wait for them.
///
/// They run on separate threads, because code that blocks must not occupy the few threads of the
/// cooperative pool, which all other tests need. The number of such tests that run at the same time is
/// limited.
public struct RootTrait: TestTrait, SuiteTrait, TestScoping {
    private let condition: ConditionTrait
    /// Two tests for each processor, since the tests mostly wait; more would be too slow for their deadlines.
    private static let slots = Slots(2 * ProcessInfo.processInfo.activeProcessorCount)

    fileprivate init() {
        let environment = ProcessInfo.processInfo.environment
        let required = environment["TEREDOWALL_REQUIRE_KERNEL"] == "1"
        // scripts/check sets TEREDOWALL_WITHOUT_ROOT: it installs no packages for tests as root, and
        // should take the same time for root and for other users.
        let isRoot = geteuid() == 0 && environment["TEREDOWALL_WITHOUT_ROOT"] != "1"
        condition = .enabled(if: isRoot || required, "needs root")
    }

    public var isRecursive: Bool { true }

    public func prepare(for test: Test) async throws { try await condition.prepare(for: test) }

    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        await Self.slots.take()
        do { try await withTaskExecutorPreference(Threads.shared) { try await function() } } catch {
            await Self.slots.giveBack()
            throw error
        }
        await Self.slots.giveBack()
    }
}

extension Trait where Self == RootTrait {
    /// Runs the test only as root, otherwise skips it. With TEREDOWALL_REQUIRE_KERNEL=1, which
    /// scripts/test sets, the test is never skipped and fails without root.
    public static var enabledAsRoot: Self { RootTrait() }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test for users other than root, to whom the server under test permits fewer methods, connections and
    /// calls. The test needs no other privilege, so that scripts/check, when root runs it, includes it.
    public static var enabledForRoot: Self { .enabled(if: geteuid() == 0, "needs the user root") }
}

/// Runs every job of a task on a new thread, which may block.
private final class Threads: TaskExecutor {
    static let shared = Threads()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
