// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Processes {
    /// Root's processes of programs with this name in the calling process's network namespace, with their arguments except
    /// empty ones; without the calling process and processes that end meanwhile.
    ///
    /// The name of the program's file has at most 15 bytes. A process of a set-user-ID program that another user has
    /// started is not root's: that user chose the name by which it was called, and so what the kernel calls it.
    public static func rootProcesses(named name: String) throws(SystemError) -> [(
        process: Int32, arguments: [String]
    )] {
        guard let namespace = Files.inode("/proc/self/ns/net") else {
            throw SystemError("read /proc/self/ns/net", code: ENOENT)
        }
        let processes = (try Files.names(in: "/proc") ?? []).compactMap { Int32($0) }
        return processes.compactMap { process in
            guard process != own, text(of: process, "comm") == [name + "\n"], isOfRoot(process),
                programName(of: process) == name, Files.inode("/proc/\(process)/ns/net") == namespace
            else { return nil }
            return text(of: process, "cmdline").map { (process, $0) }
        }
    }

    /// True if root has started the process, and it runs as root.
    private static func isOfRoot(_ process: Int32) -> Bool {
        let lines = text(of: process, "status")?.joined().split(separator: "\n") ?? []
        // The real, effective, saved and file system user.
        let users = lines.first { $0.hasPrefix("Uid:") }?.split(separator: "\t").dropFirst() ?? []
        return users.count == 4 && users.allSatisfy { $0 == "0" }
    }

    /// The name of the program's file; nil if it cannot be read.
    private static func programName(of process: Int32) -> String? {
        guard let path = Files.linkTarget("/proc/\(process)/exe") else { return nil }
        // The kernel's mark of a file that was replaced, as by an upgrade.
        let deleted = " (deleted)"
        let existing = path.hasSuffix(deleted) ? path.dropLast(deleted.count) : path[...]
        return existing.split(separator: "/").last.map { String($0) }
    }

    /// The NUL-terminated strings, except empty ones, of a file of the process in /proc; nil once the process has
    /// ended.
    private static func text(of process: Int32, _ file: String) -> [String]? {
        guard let bytes = try? Files.contents(of: "/proc/\(process)/\(file)") else { return nil }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
