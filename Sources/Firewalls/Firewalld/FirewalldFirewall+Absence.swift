// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
public import Nftables
public import Planner

/// The handling of firewalld's tables while no firewalld is running.
extension FirewalldFirewall {
    /// Adds to ``state`` what is left alone if a reload lasts too long or in panic mode, which looks like a reload;
    /// otherwise the time after which to look again.
    func watchReload() {
        let now = ContinuousClock.now
        let since = reloadingSince ?? now
        reloadingSince = since
        let isPanicking =
            shared.isPanicking || (watcher == nil && (try? connect()?.isPanicking()) == true)
        if isPanicking {
            reportLeftAlone(
                "\(TableName.firewalldReload)",
                "firewalld is in panic mode, which drops everything: firewall-cmd --panic-off ends it")
        } else if now - since < Self.longestReload {
            state.retryDelay = since + Self.longestReload - now
        } else {
            reportLeftAlone(
                "\(TableName.firewalldReload)",
                "a reload of firewalld has failed half-way, and all new connections are dropped: "
                    + "systemctl restart firewalld repairs this")
        }
    }

    /// Rules that may be ours, in the table that an ended firewalld left in force. They are found by their form,
    /// because it is unknown which ports were open. Empty while firewalld runs: ``apply(_:policy:ruleset:)``
    /// can then remove all rules of ours.
    public func leftovers(in ruleset: Ruleset) throws(NftablesError) -> [LeftAlone] {
        guard ruleset.tables.contains(where: { $0.name == .firewalld }), owner == nil else { return [] }
        return try FirewalldOrphan(connection: openRuleset()).candidates().map { rule in
            LeftAlone(
                name: "\(rule.chain) handle \(rule.handle)",
                reason:
                    "may be an opening of teredowalld; firewalld removes it when it starts"
            )
        }
    }

    /// Handles firewalld's table while no firewalld runs. First waits, since firewalld may be starting. If it
    /// does not start, it has left the table in force: removes our rules from the table, unless rules of an
    /// administrator open the same ports.
    func handleTableWithoutFirewalld(_ table: Table) {
        let now = ContinuousClock.now
        let since = absentSince ?? now
        absentSince = since
        if now - since < Self.longestStart {
            state.retryDelay = since + Self.longestStart - now
            return
        }
        let name = "\(TableName.firewalld)"
        let situation = Self.situationWithoutFirewalld
        if held.openings.isEmpty { return reportLeftAlone(name, situation) }
        let list = held.openings.map(\.words).sorted().joined(separator: ", ")
        do throws(NftablesError) {
            if held.areShared {
                reportLeftAlone(
                    name, "\(situation); open in it: \(list), which rules of an administrator open too")
            } else {
                try FirewalldOrphan(connection: openRuleset()).close(held.openings)
                held.openings = []
                reportLeftAlone(name, "\(situation); what teredowalld had opened in it is closed (\(list))")
            }
        } catch {
            reportLeftAlone(
                name, "\(situation); still open in it until firewalld starts again: \(list) (\(error))")
        }
    }

    static let situationWithoutFirewalld = "firewalld is not running, the table is what it left behind"

    /// Upper limits for a reload, which takes less than a second, and for a start, which takes about a second.
    private static let longestReload = Duration.seconds(5)
    private static let longestStart = Duration.seconds(5)
}
