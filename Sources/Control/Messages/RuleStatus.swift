// SPDX-License-Identifier: GPL-2.0-or-later

/// One exception of an attachment.
public struct RuleStatus: Codable, Hashable, Sendable {
    /// The row: "I1", "I2", "O1", "O2", "IGMP" or "guard".
    public var name: String
    public var chain: String
    /// "in" or "out".
    public var direction: String
    /// The rule as the firewall prints it.
    public var text: String
    /// The number of packets; nil where the firewall has no counters, as firewalld.
    public var packets: UInt64?
    public var bytes: UInt64?

    public init(
        name: String, chain: String, direction: String, text: String, packets: UInt64? = nil,
        bytes: UInt64? = nil
    ) {
        self.name = name
        self.chain = chain
        self.direction = direction
        self.text = text
        self.packets = packets
        self.bytes = bytes
    }
}
