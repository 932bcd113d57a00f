// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension TableName {
    /// Whether firewalld keeps this table, so that exceptions in it go through firewalld itself: what is put
    /// into the table directly is lost at its next reload, and from firewalld 2.2 on the kernel refuses it.
    public var isFirewalld: Bool { self == .firewalld || self == .firewalldReload }

    /// The table firewalld filters with.
    public static let firewalld = TableName(.inet, "firewalld")

    /// The table that drops new connections while firewalld reloads, some 100 ms, or is in panic mode.
    public static let firewalldReload = TableName(.inet, "firewalld_policy_drop")
}
