// SPDX-License-Identifier: Apache-2.0

/// The cgroup v2 tree.
public enum ControlGroups {
    /// The directory of the root of the tree; nil where it is not mounted, or only a part of it, as in most
    /// containers.
    public static var root: String? {
        // `ip netns exec` mounts a new /sys, which hides the cgroup tree; process 1 still has it.
        let mountLists = [("/proc/self/mountinfo", ""), ("/proc/1/mountinfo", "/proc/1/root")]
        return mountLists.lazy.flatMap { file, prefix in
            // A file that cannot be read counts as absent.
            let mounts = (try? Files.contents(of: file)) ?? []
            return mountPoints(in: String(decoding: mounts, as: UTF8.self)).map { prefix + $0 }
        }.first { directory in
            // Every cgroup except the root has a file cgroup.type.
            Files.exists(directory + "/cgroup.procs") && !Files.exists(directory + "/cgroup.type")
        }
    }

    /// The mount points in a mountinfo text (proc(5)) where a whole cgroup v2 tree is mounted, or the
    /// whole part of it that a cgroup namespace shows; also those beside mounts of cgroup v1.
    static func mountPoints(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            // Field 3 is the root of the mount in its file system, field 4 the mount point. The type of
            // the file system follows a "-", before which there may be further fields.
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count, dash > 4,
                fields[dash + 1] == "cgroup2", fields[3] == "/"
            else { return nil }
            return unescaped(fields[4])
        }
    }

    /// The kernel writes spaces and backslashes as a backslash and three octal digits.
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
