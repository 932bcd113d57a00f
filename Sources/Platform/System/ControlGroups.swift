// SPDX-License-Identifier: Apache-2.0

/// The tree of control groups, version 2.
public enum ControlGroups {
    /// The directory of the root of the tree; nil where only a part of the tree is mounted, as in most containers, or
    /// nothing of it.
    public static var root: String? {
        // `ip netns exec` hides what is mounted below /sys, but not for the first process.
        let places = [("/proc/self/mountinfo", ""), ("/proc/1/mountinfo", "/proc/1/root")]
        return places.lazy.flatMap { file, prefix in
            // A file that may not be read counts as absent.
            let mounts = (try? Files.contents(of: file)) ?? []
            return mountPoints(in: String(decoding: mounts, as: UTF8.self)).map { prefix + $0 }
        }.first { directory in
            // Only the root has no type: the kernel gives that file to every other group.
            Files.exists(directory + "/cgroup.procs") && !Files.exists(directory + "/cgroup.type")
        }
    }

    /// Where a mountinfo text says that the whole of a tree, or of what a cgroup namespace shows of it, is mounted:
    /// version 2 alone, or beside version 1.
    static func mountPoints(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count, dash > 4,
                fields[dash + 1] == "cgroup2", fields[3] == "/"
            else { return nil }
            return unescaped(fields[4])
        }
    }

    /// The kernel writes blanks and backslashes in three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = field.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(Substring(digits)), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
