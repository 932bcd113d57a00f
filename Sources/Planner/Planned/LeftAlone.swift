// SPDX-License-Identifier: GPL-2.0-or-later

/// A chain or table that would stop Teredo packets and is not changed, or an object of ours that is not removed, with
/// the reason.
public struct LeftAlone: Hashable, Sendable {
    /// The chain, table or set: "inet filter input".
    public var name: String
    /// The reason, as a clause for the administrator: "owned by another process (netlink port 4711)".
    public var reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}
