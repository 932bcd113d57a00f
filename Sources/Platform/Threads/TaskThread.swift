// SPDX-License-Identifier: Apache-2.0

/// Runs tasks on one thread of its own.
///
/// For a program that has few tasks and sleeps most of the time: the runtime's thread pool, once it has
/// been used, wakes up every second.
public final class TaskThread: TaskExecutor {
    private let jobs: Monitor<[(job: UnownedJob, executor: TaskThread)]>
    private let thread: WorkerThread

    /// Starts the thread, which runs until the process ends.
    ///
    /// - Throws: ``SystemError`` with EAGAIN when there are too many threads.
    public init(name: String) throws(SystemError) {
        let jobs = Monitor<[(job: UnownedJob, executor: TaskThread)]>([])
        self.jobs = jobs
        thread = try WorkerThread(name: name) {
            while true {
                let due = jobs.wait { waiting in waiting.isEmpty ? nil : exchange(&waiting, with: []) }
                for (job, executor) in due {
                    unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
                }
            }
        }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append((job, self)) }
    }
}
