// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// An event source that becomes readable when a process ends, and stays readable.
public final class ProcessExit: EventSource {
    /// The process ID.
    public let process: Int32
    private let descriptor: Descriptor

    /// Throws ESRCH when there is no such process. A process that has ended exists until its parent has waited for it.
    public init(of process: Int32) throws(SystemError) {
        var number: CInt = -1
        try checkStatus("watch process \(process)") { unsafe clinux_process_open(process, &number) }
        self.process = process
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }
}
