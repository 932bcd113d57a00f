// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Rule {
    /// Whether it accepts whatever packets it decides about, or decides about none, so that exceptions may stand before
    /// or behind it.
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
