// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Platform

extension NetworkNamespace {
    /// A connection to the ruleset of this namespace, which is verified to differ from the host's.
    public func connection() throws -> RulesetConnection {
        try run { () throws(any Error) -> RulesetConnection in
            try HostGuard.check()
            return try RulesetConnection()
        }
    }

    /// The events of the ruleset of this namespace, which is verified to differ from the host's.
    public func rulesetEvents() throws -> RulesetEvents {
        try run { () throws(any Error) -> RulesetEvents in
            try HostGuard.check()
            return try RulesetEvents()
        }
    }
}

extension RulesetEvents {
    /// Waits for changes and returns all that were not yet taken; none if `limit` passes before a change comes.
    public func nextChanges(within limit: Duration = .seconds(30)) throws -> [RulesetChange] {
        let deadline = ContinuousClock.now + limit
        repeat {
            _ = try waitForEvents(from: [self], until: deadline)
            // There is no change while only a part of a commit's messages has arrived.
            let changes = take()
            if !changes.isEmpty { return changes }
        } while ContinuousClock.now < deadline
        return []
    }
}
