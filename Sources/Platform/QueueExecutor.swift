// SPDX-License-Identifier: GPL-2.0-or-later
internal import Dispatch

/// Runs an actor on a queue of its own, for actors whose calls block: those may not hold a thread of the
/// cooperative pool.
public final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    public init(label: String) { queue = DispatchQueue(label: label, qos: .userInteractive) }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// What an actor's `unownedExecutor` is. The actor keeps this object in a constant, so that it outlives the
    /// reference.
    @safe public var reference: UnownedSerialExecutor { unsafe asUnownedSerialExecutor() }
}
