// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Rule {
    /// True when the rule accepts every packet it decides about, or decides about none, so that the order of
    /// the rule and an exception does not matter.
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
