// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

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
public enum Processes {
    /// Those with this short name (exactly) and this effective user, as far as /proc shows them.
    public static func named(_ name: String, ofUser uid: UInt32) -> [Int32] {
        all().filter { process in
            // A process that ends meanwhile, or that /proc hides, is none of ours.
            guard read("/proc/\(process)/comm") == name + "\n" else { return false }
            return effectiveUser(of: process) == uid
        }
    }

    private static func all() -> [Int32] {
        guard let directory = unsafe opendir("/proc") else { return [] }
        defer { unsafe closedir(directory) }
        var processes: [Int32] = []
        while let entry = unsafe readdir(directory) {
            // A process's directory is named by digits only.
            let number = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe strtol(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self), nil, 10)
            }
            if number > 0 { processes.append(Int32(truncatingIfNeeded: number)) }
        }
        return processes
    }

    /// The owner of /proc/PID misleads: it is root's for a process that may not be dumped.
    private static func effectiveUser(of process: Int32) -> UInt32? {
        guard let status = read("/proc/\(process)/status") else { return nil }
        for line in status.split(separator: "\n") where line.hasPrefix("Uid:") {
            let fields = line.split(separator: "\t")
            return fields.count > 2 ? UInt32(fields[2]) : nil
        }
        return nil
    }

    private static func read(_ path: String) -> String? {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = unsafe Glibc.read(descriptor.rawValue, &bytes, bytes.count)
        guard length > 0 else { return nil }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }
}
