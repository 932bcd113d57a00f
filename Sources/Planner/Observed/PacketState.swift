// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The hook at which a packet is, and the properties of the packet that rules have changed so far.
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
    /// True when a rule has written into the header. From then on, all of the header except addresses, ports and the
    /// protocol counts as unknown.
    var isRewritten = false
    /// The sets that rules have added the packet's key to.
    var setsAddedTo: Set<SetName> = []

    /// The state of a packet at output that may have any mark, which a program or another chain has set.
    static let withAnyMark: PacketState = {
        var state = PacketState(hook: .output)
        state.mark = Bits(assumed: [0, 0, 0, 0], .mark)
        state.connectionMark = state.mark
        return state
    }()

    /// Marks every property that differs from `other` as unknown. `other` is the state after a rule of which it is not
    /// known whether it matched.
    mutating func forgetDifferences(from other: PacketState) {
        if mark != other.mark { mark = Bits(unknown: 4, .other) }
        if connectionMark != other.connectionMark { connectionMark = Bits(unknown: 4, .other) }
        if zone != other.zone { zone = Bits(unknown: 2, .other) }
        if isUntracked != other.isUntracked { isTrackingUnknown = true }
        isRewritten = isRewritten || other.isRewritten
    }
}
