// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension TableName {
    /// True for a table that firewalld owns. Exceptions there go through firewalld: it removes anything else
    /// from the table at its next reload, and from firewalld 2.2 on the kernel refuses other writers.
    public var isFirewalld: Bool { self == .firewalld || self == .firewalldReload }

    /// The table with firewalld's filter rules.
    public static let firewalld = TableName(.inet, "firewalld")

    /// The table that drops new connections while firewalld reloads, some 100 ms, or is in panic mode.
    public static let firewalldReload = TableName(.inet, "firewalld_policy_drop")
}
