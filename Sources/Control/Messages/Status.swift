// SPDX-License-Identifier: GPL-2.0-or-later

/// The state of the daemon, its client and its exceptions: the answer of `GetStatus`.
public struct Status: Codable, Hashable, Sendable {
    public var version: String
    public var processID: Int32
    public var startedAt: Moment
    /// The inode of the network namespace that the daemon serves, as in /proc/PID/ns/net.
    public var networkNamespace: UInt64?
    /// "auto", "own-table" or "report".
    public var mode: String
    public var configuration: ConfigurationStatus
    public var client: Client
    /// The client's tunnel; nil while the client is not qualified.
    public var tunnel: TunnelStatus?
    /// The lifetime of an opening without renewal, in seconds.
    public var leaseSeconds: Int
    /// The state of each row on each interface in use.
    public var rows: [RowStatus]
    public var places: [AttachmentStatus]
    public var leftAlone: [LeftAloneStatus]
    /// The latest heals, oldest first.
    public var heals: [HealRecord]
    /// The error because of which the firewall is not as it should be; nil if there is none.
    public var lastError: String?
    public var activity: Activity

    public init(
        version: String, processID: Int32, startedAt: Moment, networkNamespace: UInt64? = nil,
        mode: String = "auto", configuration: ConfigurationStatus = ConfigurationStatus(), client: Client,
        tunnel: TunnelStatus? = nil, leaseSeconds: Int, rows: [RowStatus] = [],
        places: [AttachmentStatus] = [], leftAlone: [LeftAloneStatus] = [], heals: [HealRecord] = [],
        lastError: String? = nil, activity: Activity = Activity()
    ) {
        self.version = version
        self.processID = processID
        self.startedAt = startedAt
        self.networkNamespace = networkNamespace
        self.mode = mode
        self.configuration = configuration
        self.client = client
        self.tunnel = tunnel
        self.leaseSeconds = leaseSeconds
        self.rows = rows
        self.places = places
        self.leftAlone = leftAlone
        self.heals = heals
        self.lastError = lastError
        self.activity = activity
    }

    /// The Teredo client, identified by its user.
    public struct Client: Codable, Hashable, Sendable {
        public var user: String
        /// The user's ID; nil while the host has no such user, or while looking it up has failed.
        public var uid: UInt32?
        /// The service ports, ascending; empty while there are none.
        public var ports: [UInt16]
        /// The ports that are open on one address at least, ascending; nil in the answer of a daemon that does not
        /// report them.
        public var opened: [UInt16]?
        /// The time of the last change of the ports.
        public var since: Moment?
        /// The ports that are not opened on an address that they are bound to.
        public var withheld: [WithheldStatus]

        /// The use of the kernel's reports of binds; nil in the answer of a daemon that does not report it.
        public var probe: BindProbe?

        public init(
            user: String, uid: UInt32? = nil, ports: [UInt16] = [], opened: [UInt16]? = nil,
            since: Moment? = nil, withheld: [WithheldStatus] = [], probe: BindProbe? = nil
        ) {
            self.user = user
            self.uid = uid
            self.ports = ports
            self.opened = opened
            self.since = since
            self.withheld = withheld
            self.probe = probe
        }
    }

    /// The use of the kernel's reports of the client's binds. Without reports the daemon looks for the port at other
    /// events.
    public struct BindProbe: Codable, Hashable, Sendable {
        /// True when the kernel reports the binds.
        public var inUse: Bool
        /// The reason for not using the reports; nil when they are in use.
        public var reason: String?

        public init(inUse: Bool, reason: String? = nil) {
            self.inUse = inUse
            self.reason = reason
        }
    }
}
