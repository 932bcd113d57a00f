// SPDX-License-Identifier: GPL-2.0-or-later

/// The verdict of a rule or of a map. Chains are given by their names, without their table, which is that of the rule.
public enum Verdict: Hashable, Sendable {
    case accept
    case drop
    case `continue`
    case `return`
    case jump(String)
    case goto(String)
}

extension Verdict {
    /// The chain that the verdict jumps or goes to.
    public var target: String? {
        switch self {
        case .jump(let target), .goto(let target): target
        default: nil
        }
    }
}
