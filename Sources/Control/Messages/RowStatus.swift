// SPDX-License-Identifier: GPL-2.0-or-later

/// The fate of the packets of one row on one interface.
public struct RowStatus: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// An exception of teredowalld lets them pass.
        case open
        /// The firewall lets them pass without an exception.
        case unfiltered
        /// A rule of the administrator denies them, and takes precedence.
        case denied
        /// A default denies them, and no exception stands before it.
        case unserved
        /// The outcome cannot be decided by reading the rules.
        case unknown
    }

    /// The interface; nil where the state is the same for all.
    public var interface: String?
    /// The row: "I1", "I2", "O1" or "O2".
    public var name: String
    public var state: State
    /// The chain with the deciding rule or the exception: "inet filter input".
    public var place: String?
    /// The reason, as a clause: the rule that denies, or why the row is not served.
    public var reason: String?

    public init(
        interface: String? = nil, name: String, state: State, place: String? = nil, reason: String? = nil
    ) {
        self.interface = interface
        self.name = name
        self.state = state
        self.place = place
        self.reason = reason
    }
}
