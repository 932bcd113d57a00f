// SPDX-License-Identifier: GPL-2.0-or-later

/// Exceptions that another program removed and that were put back.
public struct HealRecord: Codable, Hashable, Sendable {
    public var at: Moment
    /// The table or firewall in which the exceptions were put back: "inet filter".
    public var place: String
    /// The cause of the heal: "missing or out of place", or "firewalld reloaded or restarted".
    public var cause: String
    /// The process that removed the exceptions; nil where the kernel did not name it.
    public var processID: Int32?
    public var processName: String?

    public init(
        at: Moment, place: String, cause: String, processID: Int32? = nil, processName: String? = nil
    ) {
        self.at = at
        self.place = place
        self.cause = cause
        self.processID = processID
        self.processName = processName
    }
}
