// SPDX-License-Identifier: GPL-2.0-or-later

extension RuleText {
    /// What the rule consists of in a table of this family, exactly as nft itself would write it.
    public func expressions(in family: Family) -> [Expression] { [] }

    /// Whether a listed rule is this one: the same expressions, whatever its counters say, and the same comment.
    public func matches(_ rule: Rule) -> Bool { false }
}
