// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner

/// The treatment of IPv6 packets that come out of the tunnel.
public enum InnerGuardMode: String, Hashable, Sendable, CaseIterable {
    /// They are none of our business.
    case off
    /// Unsolicited packets are dropped.
    case unsolicited
}

/// The settings of teredowall.toml(5); the defaults are those of a missing file.
public struct Configuration: Hashable, Sendable {
    /// The user whose sockets are the Teredo client's.
    public var clientUser = "miredo"
    /// Narrows the client to the cgroup of this systemd unit; empty: the user alone decides.
    public var clientUnit = ""
    /// Whether the kernel is to report the client's binds.
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
        /// Use it where the kernel permits.
        case auto
        case off
    }
}
