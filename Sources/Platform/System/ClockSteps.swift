// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The moments at which the wall clock is set, in either direction; a machine that wakes up sets it too.
public final class ClockSteps: Sendable {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkStatus("watch the clock") { unsafe clinux_clock_steps_open(&number) }
        descriptor = Descriptor(owning: number)
    }

    /// From now on calls `body` on the thread of this executor after each step.
    public func watch(on executor: ThreadExecutor, _ body: @escaping @Sendable () -> Void) throws(SystemError)
    {
        // The closure keeps this object, and so the descriptor.
        try executor.watch(descriptor) { [self] in
            if clinux_clock_step_take(descriptor.rawValue) == 0 { body() }
        }
    }
}
