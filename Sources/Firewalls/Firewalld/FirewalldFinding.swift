// SPDX-License-Identifier: GPL-2.0-or-later

/// A setting of firewalld that the administrator should know about, because it stops Teredo in spite of the exceptions
/// or opens its ports permanently.
public struct FirewalldFinding: Hashable, Sendable {
    /// The zone, policy or table with the setting: "inet firewalld public".
    public var name: String
    /// The effect of the setting, as a clause.
    public var reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}
