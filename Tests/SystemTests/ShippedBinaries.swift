// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// Finds the programs and libraries below a directory, and reads their segments with `readelf`.
struct ShippedBinaries {
    /// The files that begin with the magic number of ELF.
    static func all(below folder: URL) throws -> [URL] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).map { folder.appending(path: $0) }
            .filter {
                guard
                    let type = try FileManager.default.attributesOfItem(atPath: $0.path)[.type]
                        as? FileAttributeType,
                    type == .typeRegular
                else { return false }
                let handle = try FileHandle(forReadingFrom: $0)
                defer { try? handle.close() }
                return try handle.read(upToCount: 4) == Data([0x7f, 0x45, 0x4c, 0x46])
            }
    }

    /// A segment of a binary: its type, its address in memory, its length, and whether it is writable and executable.
    struct Segment {
        let type: Substring
        let addresses: Range<Int>
        let isWritable: Bool
        let isExecutable: Bool
    }

    /// The segments of a binary, in order.
    static func segments(of binary: URL) async throws -> [Segment] {
        let text = try await DebianSystem.runOutside("readelf", ["--program-headers", "--wide", binary.path])
        return text.split(separator: "\n").compactMap { line in
            // The type, the offset, the virtual and the physical address, the sizes in the file and in memory, the
            // flags, for example "RW" or "R E", and the alignment.
            let words = line.split(separator: " ")
            guard words.count > 6, let start = number(words[2]), let length = number(words[5]) else {
                return nil
            }
            let flags = words[6...].prefix { $0.first != "0" }.joined()
            return Segment(
                type: words[0], addresses: start..<(start + length), isWritable: flags.contains("W"),
                isExecutable: flags.contains("E"))
        }
    }

    /// The value of a hexadecimal number.
    private static func number(_ word: Substring) -> Int? {
        word.hasPrefix("0x") ? Int(word.dropFirst(2), radix: 16) : nil
    }
}
