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
