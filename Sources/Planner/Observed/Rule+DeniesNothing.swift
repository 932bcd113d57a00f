// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Rule {
    /// True when the rule accepts every packet on which it has a verdict, or has no verdict. Then an exception may stand
    /// before or after the rule.
    var deniesNothing: Bool {
        switch expressions.last {
        case .verdict(.accept): break
        case .log: break
        default: return false
        }
        return expressions.allSatisfy { expression in
            switch expression {
            case .verdictMap, .target: false
            default: true
            }
        }
    }
}
