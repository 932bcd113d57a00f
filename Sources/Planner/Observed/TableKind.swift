// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The kind of a table, by the program that maintains its contents.
enum TableKind: Hashable {
    case own
    case native
    case iptables
    /// A table that we do not change, for this reason.
    case foreign(String)

    private static let iptablesTables: Set<String> = ["filter", "nat", "mangle", "raw", "security"]
    private static let iptablesChains: Set<String> = [
        "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING",
    ]
    /// The tables of VPN programs, known by name.
    private static let killSwitches: Set<String> = ["mullvad"]

    init(_ table: Table, in ruleset: Ruleset) {
        let name = table.name
        if name == .teredowall {
            self =
                ruleset.hasTableOfOurs
                ? .own
                : .foreign(
                    "not made by teredowalld: its comment is missing; delete this table, or give it another name"
                )
        } else if name.isFirewalld {
            self = .foreign("managed by firewalld")
        } else if let owner = table.owner {
            self = .foreign("owned by another process (netlink port \(owner))")
        } else if table.isPersistent {
            self = .foreign("kept for a process that owned it and has ended (flag persist)")
        } else if Self.killSwitches.contains(name.name) {
            self = .foreign(Self.killSwitch(name))
        } else if Self.isIptables(name, in: ruleset) {
            self = .iptables
        } else if Self.hasXtables(name, in: ruleset) {
            self = .foreign("contains rules of iptables, but is none of its tables")
        } else {
            self = .native
        }
    }

    /// The reason for leaving alone a table of ``killSwitches``: it must let only the tunnel pass.
    static func killSwitch(_ table: TableName) -> String {
        "a kill switch of a VPN program; \(pierceAdvice(for: table))"
    }

    /// The advice, as a clause, for an administrator who wants exceptions in a kill switch.
    static func pierceAdvice(for table: TableName) -> String {
        "to open it nevertheless, set pierce = [\"\(table)\"] in section [firewall] of teredowall.toml, and reload"
    }

    /// Decides by the names: iptables uses only these tables, with only these base chains.
    static func isIptables(_ table: TableName, in ruleset: Ruleset) -> Bool {
        (table.family == .ip || table.family == .ip6) && iptablesTables.contains(table.name)
            && ruleset.chains.contains {
                $0.name.table == table && $0.base != nil && iptablesChains.contains($0.name.name)
            }
    }

    private static func hasXtables(_ table: TableName, in ruleset: Ruleset) -> Bool {
        ruleset.rules.contains { $0.key.table == table && $0.value.usesXtables }
    }
}

extension Table {
    /// NFT_TABLE_F_PERSIST: the table stays when its owner ends, until another process becomes its owner.
    fileprivate var isPersistent: Bool { flags & 4 != 0 }
}
