// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
public import Planner

extension [RowFate] {
    /// The fates that firewalld decides about, once it is known what was asked of it.
    ///
    /// - Parameters:
    ///   - isServed: The exceptions are in its zones.
    ///   - leftAlone: What of it is left alone.
    ///   - problem: Why it cannot be asked.
    /// - Returns: The fates as they are with that.
    public func withFirewalld(
        isServed: Bool, leftAlone: [LeftAlone], problem: String? = nil
    ) -> [RowFate] {
        let whole = leftAlone.first { $0.name == TableName.firewalld.description }
        return map { fate in
            guard fate.outcome == .firewalld else { return fate }
            var copy = fate
            if fate.direction == .output {
                // Its zones are about what comes in; what goes out is up to its policies.
                let policy = leftAlone.first { $0.name.hasPrefix("firewalld policy") }
                copy.outcome = .notServed(
                    nil, reason: (policy ?? whole)?.reason ?? "firewalld's policies get no exceptions")
            } else if let whole {
                copy.outcome = .notServed(nil, reason: whole.reason)
            } else if !isServed {
                copy.outcome = .notServed(nil, reason: problem ?? "firewalld has not been asked yet")
            }
            return copy
        }
    }
}
