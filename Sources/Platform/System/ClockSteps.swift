// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Reports steps of the wall clock, in either direction, including those when the machine wakes from sleep.
public final class ClockSteps: Sendable {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkStatus("watch the clock") { unsafe clinux_clock_steps_open(&number) }
        descriptor = Descriptor(owning: number)
    }

    /// Calls `body` on the executor's thread from now on, after each step.
    public func watch(on executor: ThreadExecutor, _ body: @escaping @Sendable () -> Void) throws(SystemError)
    {
        // The closure retains this object, and with it the descriptor.
        try executor.watch(descriptor) { [self] in
            if clinux_clock_step_take(descriptor.rawValue) == 0 { body() }
        }
    }
}
