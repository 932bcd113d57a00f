// SPDX-License-Identifier: GPL-2.0-or-later

/// A rule of ours in a zone.
struct FirewalldEntry: Hashable, Sendable {
    var zone: String
    var rule: FirewalldRule
}
