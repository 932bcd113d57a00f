// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner
internal import Platform

/// The tables of iptables-legacy, which are not part of nf_tables.
public enum LegacyTables {
    public enum Program: String, Sendable {
        case iptables
        case ip6tables
    }

    /// The names of the tables in use in the calling thread's network namespace; nil when they cannot be
    /// read.
    public static func inUse(of program: Program) -> [String]? {
        let path = "/proc/thread-self/net/" + (program == .iptables ? "ip_tables_names" : "ip6_tables_names")
        guard Files.exists(path) else { return [] }
        // Only root may read the file.
        guard let bytes = try? Files.contents(of: path) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The tables as a thing left alone; nil when none is known to be in use.
    public static func leftAlone(_ tables: [String]?, of program: Program) -> LeftAlone? {
        guard let tables, !tables.isEmpty else { return nil }
        return LeftAlone(
            name: "\(program)-legacy",
            reason:
                "its tables are in use (\(tables.joined(separator: ", "))): teredowall neither sees nor changes them"
        )
    }
}
