// SPDX-License-Identifier: GPL-2.0-or-later

/// The position of a new rule in its chain.
public enum RulePosition: Hashable, Sendable {
    case first
    case last
    case before(handle: UInt64)
    case after(handle: UInt64)
}
