// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
public import Testing

/// For tests that need root, run programs and wait for them.
///
/// They run on threads of their own, and only a limited number at once: blocking code must not use the few
/// threads of the cooperative pool, which all other tests need.
public struct RootTrait: TestTrait, SuiteTrait, TestScoping {
    private let condition: ConditionTrait
    /// The tests mostly wait, but the processors can only run so many.
    private static let slots = Slots(2 * ProcessInfo.processInfo.activeProcessorCount)

    fileprivate init() {
        let environment = ProcessInfo.processInfo.environment
        let required = environment["TEREDOWALL_REQUIRE_KERNEL"] == "1"
        // scripts/check installs no packages for tests as root, and takes the same time with root and without.
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
    /// Runs only as root. Where the kernel tests are required (scripts/test) nothing is skipped: without root
    /// the test fails.
    public static var enabledAsRoot: Self { RootTrait() }
}

/// Gives every step of a task a thread, which may block.
private final class Threads: TaskExecutor {
    static let shared = Threads()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
