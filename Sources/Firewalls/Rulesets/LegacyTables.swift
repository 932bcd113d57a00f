// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner
internal import Platform

/// The tables of iptables-legacy, which nf_tables does not show.
public enum LegacyTables {
    public enum Program: String, Sendable {
        case iptables
        case ip6tables
    }

    /// The names of those in use in the calling thread's network namespace; nil when that may not be read.
    public static func inUse(of program: Program) -> [String]? {
        let path = "/proc/thread-self/net/" + (program == .iptables ? "ip_tables_names" : "ip6_tables_names")
        guard Files.exists(path) else { return [] }
        // Without root it is not told.
        guard let bytes = try? Files.contents(of: path) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// A note for the administrator about them; nil when none is in use.
    public static func remark(on tables: [String]?, of program: Program) -> LeftAlone? {
        guard let tables, !tables.isEmpty else { return nil }
        return LeftAlone(
            name: "\(program)-legacy",
            reason:
                "its tables are in use (\(tables.joined(separator: ", "))): teredowall neither sees nor changes them"
        )
    }
}
