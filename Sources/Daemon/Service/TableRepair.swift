// SPDX-License-Identifier: GPL-2.0-or-later

/// The effect of one reconciliation on a table.
enum TableRepair: Hashable {
    case placed
    case putBack
    case withdrawn
    case moved
    case renewed

    /// - Parameters:
    ///   - wasInForce: Exceptions were in force in the table before.
    ///   - isInForce: Exceptions are in force in it now.
    ///   - wasIncomplete: A rule, chain or set that had been there was missing.
    ///   - wasDisplaced: Rules were in the wrong place.
    init(wasInForce: Bool, isInForce: Bool, wasIncomplete: Bool, wasDisplaced: Bool) {
        self =
            switch (wasInForce, isInForce) {
            case (_, false): .withdrawn
            case (false, true): .placed
            case (true, true): wasIncomplete ? .putBack : wasDisplaced ? .moved : .renewed
            }
    }

    /// The log text before the name of the table; nil for what is not logged.
    var words: String? {
        switch self {
        case .placed: "put the exceptions into"
        case .putBack: "put the exceptions back into"
        case .withdrawn: "removed the exceptions from"
        case .moved: "moved the exceptions in"
        case .renewed: nil
        }
    }
}
