// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
public import Planner

extension [RowFate] {
    /// The fates with those that depend on firewalld filled in.
    ///
    /// - Parameters:
    ///   - isServed: True when the exceptions are in firewalld's zones, or will be.
    ///   - acceptsAll: True when the zones in use need no exceptions (``FirewalldState/acceptsAll``).
    ///   - leftAlone: The parts of firewalld that are left alone.
    ///   - problem: The reason why firewalld cannot be called; nil when it can.
    /// - Returns: The fates, complete.
    public func withFirewalld(
        isServed: Bool, acceptsAll: Bool, leftAlone: [LeftAlone], problem: String? = nil
    ) -> [RowFate] {
        let wholeTables = [TableName.firewalld, .firewalldReload].map(\.description)
        let wholeTable = leftAlone.first { wholeTables.contains($0.name) }
        let zone = leftAlone.first { $0.name.hasPrefix("\(TableName.firewalld) ") }
        return map { fate in
            guard fate.outcome == .firewalld else { return fate }
            var copy = fate
            if fate.direction == .output {
                // Zones decide about incoming packets only; policies decide about outgoing ones.
                let policy = leftAlone.first { $0.name.hasPrefix("firewalld policy") }
                copy.outcome = .notServed(
                    nil, reason: (policy ?? wholeTable)?.reason ?? "firewalld's policies get no exceptions")
            } else if let wholeTable {
                copy.outcome = .notServed(nil, reason: wholeTable.reason)
            } else if acceptsAll {
                copy.outcome = .open
            } else if !isServed {
                copy.outcome = .notServed(
                    nil,
                    reason: problem ?? zone?.reason
                        ?? "firewalld is reloading or has not been called yet, or there is nothing to open yet"
                )
            }
            return copy
        }
    }
}
