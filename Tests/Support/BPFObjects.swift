// SPDX-License-Identifier: GPL-2.0-or-later
import CSupport
import Foundation
import Platform

/// IDs of bpf(2) objects, to see what a program has loaded and whether it still exists.
public struct BPFObjects: Hashable, Sendable, CustomStringConvertible {
    private var identifiers: [Kind: Set<UInt32>] = [:]

    /// The kinds of objects, named as in the fields of fdinfo (`prog_id`).
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
            guard words.count == 2, words[0].hasSuffix("_id"), let identifier = UInt32(words[1]),
                let kind = Kind(rawValue: String(words[0].dropLast("_id".count)))
            else { continue }
            identifiers[kind, default: []].insert(identifier)
        }
    }

    /// The numbers of links, programs and maps, in this order.
    public var counts: [Int] { Kind.allCases.map { identifiers[$0]?.count ?? 0 } }

    /// The objects that the kernel still has.
    public var present: BPFObjects {
        get throws {
            var present = self
            for (kind, set) in identifiers {
                present.identifiers[kind] = try set.filter { identifier in
                    var exists: UInt8 = 0
                    try checkStatus("look for \(kind) \(identifier)") {
                        csupport_bpf_exists(kind.value, identifier, &exists)
                    }
                    return exists != 0
                }
            }
            return present
        }
    }

    /// True if there is no object of any kind.
    public var isEmpty: Bool { identifiers.values.allSatisfy(\.isEmpty) }

    public var description: String {
        Kind.allCases.map { "\($0) \((identifiers[$0] ?? []).sorted())" }.joined(separator: ", ")
    }
}
