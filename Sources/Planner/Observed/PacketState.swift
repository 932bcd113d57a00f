// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The hook a packet is at, and what rules have changed in it so far.
struct PacketState: Hashable {
    var hook: Hook
    var mark = Bits(known: [0, 0, 0, 0], .mark)
    var connectionMark = Bits(known: [0, 0, 0, 0], .mark)
    /// The zone of connection tracking that a rule has set; nil if none has.
    var zone: Bits?
    /// True when a rule exempted the packet from connection tracking.
    var isUntracked = false
    /// True while connection tracking has not seen the packet.
    var isBeforeTracking = false
    /// True when a rule may have exempted the packet from connection tracking.
    var isTrackingUnknown = false
    /// True when a rule has written into the header. Only addresses, ports and the protocol then count as
    /// unchanged.
    var isRewritten = false
    /// The sets that rules have added the packet's key to.
    var setsAddedTo: Set<SetName> = []

    /// Marks as unknown whatever differs in `other`: the state after a rule that may or may not have matched.
    mutating func forgetDifferences(from other: PacketState) {
        if mark != other.mark { mark = Bits(unknown: 4, .other) }
        if connectionMark != other.connectionMark { connectionMark = Bits(unknown: 4, .other) }
        if zone != other.zone { zone = Bits(unknown: 2, .other) }
        if isUntracked != other.isUntracked { isTrackingUnknown = true }
        isRewritten = isRewritten || other.isRewritten
    }
}
