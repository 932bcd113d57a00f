// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The comment of each of our objects. ``Ownership`` decides what is ours: an object with the mark counts as ours only
/// if it also has the form of one of our objects. Where a copy of the ruleset has lost the marks of tables, chains or
/// sets, our rules in them, leading to them or using them identify these as ours.
public enum Mark {
    /// The beginning of every comment of ours.
    public static let prefix = "teredowall: "

    static let table = prefix + "follows the port of the Teredo client; gone when teredowalld ends"
    static let ports = prefix + "service ports of the Teredo client"
    static let addresses = prefix + "service ports of the Teredo client on single addresses"
    static let standingPort = prefix + "UDP 3544, the standing rules"
    static let protocols = prefix + "IGMP"

    /// True if the comment is a mark.
    public static func isMark(_ comment: String?) -> Bool { comment?.hasPrefix(prefix) ?? false }
}

extension TableName {
    /// Our own table, which shows and counts the exceptions and has the guard. It opens nothing in other tables.
    public static let teredowall = TableName(.inet, "teredowall")
}
