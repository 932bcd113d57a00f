// SPDX-License-Identifier: GPL-2.0-or-later
internal import Dispatch

/// Runs an actor on a queue of its own: its netlink calls block, if only for microseconds, and a large ruleset
/// takes longer; neither may hold a thread of the cooperative pool.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label, qos: .userInteractive) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
