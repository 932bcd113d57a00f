// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Processes {
    /// Root's processes with this name in the calling process's network namespace, with their arguments except
    /// empty ones; without the calling process and processes that end meanwhile.
    ///
    /// The kernel gives a process the name of its program's file, cut to 15 bytes. Users other than root cannot
    /// change the name of a process of root.
    public static func rootProcesses(named name: String) throws(SystemError) -> [(
        process: Int32, arguments: [String]
    )] {
        guard let namespace = Files.inode("/proc/self/ns/net") else {
            throw SystemError("read /proc/self/ns/net", code: ENOENT)
        }
        let processes = (try Files.names(in: "/proc") ?? []).compactMap { Int32($0) }
        return processes.compactMap { process in
            guard process != own, owner(of: process) == 0, text(of: process, "comm") == [name + "\n"],
                Files.inode("/proc/\(process)/ns/net") == namespace
            else { return nil }
            return text(of: process, "cmdline").map { (process, $0) }
        }
    }

    private static func owner(of process: Int32) -> UInt32? {
        var status = stat()
        return unsafe stat("/proc/\(process)", &status) == 0 ? status.st_uid : nil
    }

    /// The NUL-terminated strings, except empty ones, of a file of the process in /proc; nil once the process has
    /// ended.
    private static func text(of process: Int32, _ file: String) -> [String]? {
        guard let bytes = try? Files.contents(of: "/proc/\(process)/\(file)") else { return nil }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
