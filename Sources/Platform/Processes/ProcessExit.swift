// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Has news, for good, when a process has ended.
public final class ProcessExit: EventSource {
    /// The process.
    public let process: Int32
    private let descriptor: Descriptor

    /// Throws ESRCH when the process has ended already.
    public init(of process: Int32) throws(SystemError) {
        var number: CInt = -1
        try checkStatus("watch process \(process)") { unsafe clinux_process_open(process, &number) }
        self.process = process
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }
}

/// The processes of this host's (or container's) process table.
public enum Processes {}
