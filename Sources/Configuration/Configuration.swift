// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner

/// What becomes of IPv6 packets that come out of the tunnel.
public enum InnerGuardMode: String, Hashable, Sendable, CaseIterable {
    /// They are none of our business.
    case off
    /// Those that nobody here asked for are dropped.
    case unsolicited
}

/// What the administrator may set; the defaults are those of a missing file.
public struct Configuration: Hashable, Sendable {
    /// The user whose sockets are the Teredo client's.
    public var clientUser = "miredo"
    /// Narrows the client to the cgroup of this systemd unit; empty: the user alone decides.
    public var clientUnit = ""
    /// Whether the kernel is to tell the client's binds.
    public var clientProbe = Probe.auto
    /// Local discovery (224.0.0.253, UDP 3544).
    public var multicast = true
    /// IGMP in and out.
    public var igmp = false
    public var policy = Policy()
    public var innerGuard = InnerGuardMode.off

    public init() {}

    /// The values of `client.probe`.
    public enum Probe: String, CaseIterable, Hashable, Sendable {
        /// Where the kernel lets us.
        case auto
        case off
    }
}
