// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner

extension RowStatus {
    /// For a fate after `withFirewalld`: one that is still `.firewalld` is served.
    public init(_ fate: RowFate) {
        let state: State =
            switch fate.outcome {
            case .openByUs, .firewalld: .open
            case .open: .unfiltered
            case .explicitlyDenied: .denied
            case .notServed: .unserved
            case .unknown: .unknown
            }
        self.init(
            interface: fate.interface, name: fate.row, state: state, place: fate.place, reason: fate.reason)
    }
}
