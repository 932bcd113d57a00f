// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Functions on small files, without Foundation.
public enum Files {
    /// The contents of a file of at most `limit` bytes; throws EFBIG for a larger one.
    public static func contents(of path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        let file = Descriptor(
            owning: try check("open \(path)") { unsafe open(path, O_RDONLY | O_CLOEXEC) })
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = try check("read \(path)") { unsafe read(file.rawValue, &chunk, chunk.count) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { throw SystemError("read \(path)", code: EFBIG) }
        }
    }

    /// The names in a directory, sorted; nil when there is no such directory.
    public static func names(in path: String) throws(SystemError) -> [String]? {
        guard let directory = unsafe opendir(path) else {
            let code = errno
            if code == ENOENT { return nil }
            throw SystemError("read the directory \(path)", code: code)
        }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// True if the path leads to a file of any type. False also when the path may not be searched.
    public static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// The inode of a file; nil when there is no such file or it cannot be examined.
    public static func inode(_ path: String) -> UInt64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// The target of a symbolic link; nil when there is no such link, its target has more than 4095 bytes, or it cannot be
    /// read.
    public static func linkTarget(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink(path, &target, target.count)
        guard length > 0, length < target.count else { return nil }
        return String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The device and inode of the file behind a descriptor; nil when the descriptor is not open.
    public static func identity(ofDescriptor descriptor: CInt) -> (device: UInt64, inode: UInt64)? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        return (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    /// True when a descriptor leads to /dev/null or is not open.
    public static func isNullDevice(_ descriptor: CInt) -> Bool {
        var (found, null) = (stat(), stat())
        guard unsafe fstat(descriptor, &found) == 0 else { return true }
        return unsafe stat("/dev/null", &null) == 0 && found.st_rdev == null.st_rdev
            && found.st_mode == null.st_mode
    }

    /// A value by which a change of a file's contents is recognised without reading them. A change that leaves
    /// the inode, the size and the modification time equal is missed.
    public struct Stamp: Hashable, Sendable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    /// The stamp of a file; nil when there is no such file or it cannot be examined.
    public static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    /// Creates a directory with mode 0755, unless it exists.
    public static func makeDirectory(_ path: String) throws(SystemError) {
        if unsafe mkdir(path, 0o755) == 0 { return }
        let code = errno
        if code != EEXIST { throw SystemError("make the directory \(path)", code: code) }
    }

    /// Writes all of `bytes` to an open descriptor, such as 1 or 2. Blocks.
    public static func write(_ bytes: [UInt8], to descriptor: CInt) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try check("write to descriptor \(descriptor)") {
                unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }
}
