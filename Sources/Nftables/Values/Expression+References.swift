// SPDX-License-Identifier: GPL-2.0-or-later

extension Expression {
    /// The chain that the expression jumps or goes to.
    public var target: String? {
        if case .verdict(let verdict) = self { verdict.target } else { nil }
    }

    /// The map of verdicts that the expression looks up.
    public var verdictMap: String? {
        switch self {
        case .verdictMap(let map), .instruction(.verdictMap(let map, _)): map
        default: nil
        }
    }

    /// The set or map that the expression looks something up in, or changes.
    public var set: String? {
        switch self {
        case .lookup(let set, _), .instruction(.lookup(let set, _, _)), .instruction(.map(let set, _, _)),
            .instruction(.objectMap(let set, _)), .instruction(.dynamicSet(let set, _, _, _, _)):
            set
        default: verdictMap
        }
    }
}
