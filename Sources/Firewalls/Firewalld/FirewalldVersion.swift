// SPDX-License-Identifier: GPL-2.0-or-later

/// The first two numbers of a firewalld version.
struct FirewalldVersion: Comparable, Sendable {
    var major: Int
    var minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads a version such as "2.4.4"; nil when the text is not one.
    init?(_ text: String) {
        let parts = text.split(separator: ".").map { $0.prefix { $0.isNumber } }
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
        self.init(major, minor)
    }

    /// True when a rule with a time limit makes this firewalld's reload fail half-way and drop all new
    /// connections from then on (firewalld issue 1597). No release with a fix is known.
    var reloadsFailOverTimedRules: Bool { self >= FirewalldVersion(2, 4) }

    static func < (left: FirewalldVersion, right: FirewalldVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
