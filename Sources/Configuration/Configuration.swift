// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner

/// The settings of teredowall.toml(5). The initial values are the defaults.
public struct Configuration: Hashable, Sendable {
    /// The user that the Teredo client runs as (`client.user`).
    public var clientUser = "miredo"
    /// The systemd unit whose cgroup the client's sockets must be in; empty to accept all sockets of the
    /// user.
    public var clientUnit = ""
    /// The use of the kernel's reports of the client's binds (`client.probe`).
    public var clientProbe = BindProbeMode.auto
    /// True to let local discovery in: 224.0.0.253, UDP 3544 (`exceptions.multicast`).
    public var multicast = true
    /// True to let IGMP in and out (`exceptions.igmp`).
    public var igmp = false
    /// The settings of the section `firewall`.
    public var policy = Policy()
    /// The treatment of IPv6 packets from the tunnel (`inner.guard`).
    public var innerGuard = InnerGuardMode.off

    public init() {}

    /// The values of `client.probe`.
    public enum BindProbeMode: String, CaseIterable, Hashable, Sendable {
        /// Use the reports if the kernel permits it.
        case auto
        /// Do not use the reports.
        case off
    }
}
