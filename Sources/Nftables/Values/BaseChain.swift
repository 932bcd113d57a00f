// SPDX-License-Identifier: GPL-2.0-or-later

/// The properties of a base chain.
public struct BaseChain: Hashable, Sendable {
    public enum Policy: UInt32, Hashable, Sendable {
        case drop = 0
        case accept = 1
    }

    public var hook: Hook
    /// "filter", "nat" or "route".
    public var type: String
    public var priority: Int32
    public var policy: Policy
    /// The interface of a chain that is bound to one, as in a netdev table; if there are several, the first.
    public var device: String?
    /// The further interfaces. Read only, never written.
    public var otherDevices: [String]

    public init(
        hook: Hook, type: String = "filter", priority: Int32 = 0, policy: Policy = .accept,
        device: String? = nil, otherDevices: [String] = []
    ) {
        self.otherDevices = otherDevices
        self.hook = hook
        self.type = type
        self.priority = priority
        self.policy = policy
        self.device = device
    }

    /// True for a chain of type nat: only the first packet of a connection passes it, so nothing is filtered there.
    public var isNAT: Bool { type == "nat" }
}
