// SPDX-License-Identifier: GPL-2.0-or-later
import CSupport
import Foundation
import Platform

/// IDs of bpf(2) objects, to see what a program has loaded and whether it still exists.
public struct BPFObjects: Hashable, Sendable, CustomStringConvertible {
    private var numbers: [Kind: Set<UInt32>] = [:]

    private enum Kind: String, CaseIterable {
        case link, prog, map

        var value: csupport_bpf_kind {
            switch self {
            case .link: CSUPPORT_BPF_LINK
            case .prog: CSUPPORT_BPF_PROGRAM
            case .map: CSUPPORT_BPF_MAP
            }
        }
    }

    /// The objects behind a process's descriptors, and the programs of its links.
    public init(ofProcess process: Int32) throws {
        let folder = "/proc/\(process)/fdinfo"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            // A descriptor may be closed meanwhile.
            guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else {
                continue
            }
            add(text)
        }
    }

    /// The objects behind descriptors of this process.
    public init(descriptors: [CInt]) throws {
        for number in descriptors {
            add(try String(contentsOfFile: "/proc/self/fdinfo/\(number)", encoding: .utf8))
        }
    }

    /// Adds the IDs in the text of a file in fdinfo: lines such as `prog_id: 12`.
    private mutating func add(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == ":" || $0 == "\t" || $0 == " " }
            guard words.count == 2, words[0].hasSuffix("_id"), let number = UInt32(words[1]),
                let kind = Kind(rawValue: String(words[0].dropLast(3)))
            else { continue }
            numbers[kind, default: []].insert(number)
        }
    }

    /// How many links, programs and maps there are, in this order.
    public var counts: [Int] { Kind.allCases.map { numbers[$0]?.count ?? 0 } }

    /// The objects that the kernel still has.
    public var present: BPFObjects {
        get throws {
            var present = self
            for (kind, set) in numbers {
                present.numbers[kind] = try set.filter { number in
                    var exists: UInt8 = 0
                    try checkStatus("look for \(kind) \(number)") {
                        csupport_bpf_exists(kind.value, number, &exists)
                    }
                    return exists != 0
                }
            }
            return present
        }
    }

    public var isEmpty: Bool { numbers.values.allSatisfy(\.isEmpty) }

    public var description: String {
        Kind.allCases.map { "\($0) \((numbers[$0] ?? []).sorted())" }.joined(separator: ", ")
    }
}
