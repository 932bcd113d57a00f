// SPDX-License-Identifier: GPL-2.0-or-later

/// A release of firewalld, as far as its first two numbers say.
struct FirewalldVersion: Comparable, Sendable {
    var major: Int
    var minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// nil when the text is none, such as "2.4.4".
    init?(_ text: String) {
        let parts = text.split(separator: ".").map { $0.prefix { $0.isNumber } }
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
        self.init(major, minor)
    }

    /// Whether a rule with a time limit makes this firewalld's reload die half-way, and drop all that is new from then
    /// on (firewalld issue 1597). No release is known to be mended.
    var reloadsFailOverTimedRules: Bool { self >= FirewalldVersion(2, 4) }

    static func < (left: FirewalldVersion, right: FirewalldVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
