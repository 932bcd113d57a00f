// SPDX-License-Identifier: GPL-2.0-or-later

/// What the daemon is, whom it follows and what it holds open: the answer of `GetStatus`.
///
/// Moments are seconds since 1970 in UTC.
public struct Status: Codable, Hashable, Sendable {
    public var version: String
    public var processID: Int32
    public var startedAt: Int64
    public var client: Client
    /// How long an opening lives without renewal.
    public var leaseSeconds: Int
    public var places: [PlaceStatus]
    public var leftAlone: [LeftAloneStatus]
    /// The latest, oldest first.
    public var heals: [HealRecord]
    /// Why the firewall is not as it should be; nil while it is.
    public var lastError: String?
    public var activity: Activity

    public init(
        version: String, processID: Int32, startedAt: Int64, client: Client, leaseSeconds: Int,
        places: [PlaceStatus] = [], leftAlone: [LeftAloneStatus] = [], heals: [HealRecord] = [],
        lastError: String? = nil, activity: Activity = Activity()
    ) {
        self.version = version
        self.processID = processID
        self.startedAt = startedAt
        self.client = client
        self.leaseSeconds = leaseSeconds
        self.places = places
        self.leftAlone = leftAlone
        self.heals = heals
        self.lastError = lastError
        self.activity = activity
    }

    /// The Teredo client, known by its user.
    public struct Client: Codable, Hashable, Sendable {
        public var user: String
        /// nil while the host has no such user.
        public var uid: UInt32?
        /// Ascending; empty while the client has none.
        public var ports: [UInt16]
        /// Since when the ports are these.
        public var since: Int64?

        public init(user: String, uid: UInt32? = nil, ports: [UInt16] = [], since: Int64? = nil) {
            self.user = user
            self.uid = uid
            self.ports = ports
            self.since = since
        }
    }
}
