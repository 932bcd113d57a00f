// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// What rules have made of a packet so far, and where it is.
struct PacketState: Hashable {
    var hook: Hook
    var mark = Bits(known: [0, 0, 0, 0], .mark)
    var connectionMark = Bits(known: [0, 0, 0, 0], .mark)
    /// Whether a rule has kept it from connection tracking.
    var isUntracked = false
    /// Whether connection tracking has not seen it yet.
    var isBeforeTracking = false
    /// Whether a rule may have kept it from connection tracking.
    var isTrackingUntold = false
    /// Whether a rule has written something into its header, of which only the addresses, the ports and the protocol are
    /// sure to be as they were.
    var isRewritten = false
    /// The sets that it was put into.
    var learned: Set<SetName> = []

    /// Takes note of what a rule may have made of the packet.
    mutating func doubt(_ other: PacketState) {
        if mark != other.mark { mark = Bits(unknown: 4, .other) }
        if connectionMark != other.connectionMark { connectionMark = Bits(unknown: 4, .other) }
        if isUntracked != other.isUntracked { isTrackingUntold = true }
        isRewritten = isRewritten || other.isRewritten
    }
}
