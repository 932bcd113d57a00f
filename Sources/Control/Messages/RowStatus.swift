// SPDX-License-Identifier: GPL-2.0-or-later

/// The fate of the packets of one row on one interface.
public struct RowStatus: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// Let in or out by an exception of teredowalld.
        case open
        /// The firewall lets them pass without an exception.
        case unfiltered
        /// Denied by a rule of the administrator's, which wins.
        case denied
        /// Denied by a default in front of which no exception stands.
        case unserved
        /// Reading the rules does not tell.
        case unknown
    }

    /// The interface; nil where the answer is the same for all.
    public var interface: String?
    /// "I1", "I2", "O1", "O2"
    public var name: String
    public var state: State
    /// The chain of the deciding rule or of the exception: "inet filter input".
    public var place: String?
    /// A clause for the administrator: which rule denies, or why the row is not served.
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
