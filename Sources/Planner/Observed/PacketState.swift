// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The hook at which a packet is, and the properties of the packet that rules have changed so far.
struct PacketState: Hashable {
    var hook: Hook
    var mark = Bits(known: [0, 0, 0, 0], .mark)
    var connectionMark = Bits(known: [0, 0, 0, 0], .mark)
    /// The labels of the connection.
    var connectionLabels = Bits(assumed: Array(repeating: 0, count: 16), .mark)
    /// The zone of connection tracking that a rule has set; nil if none has.
    var zone: Bits?
    /// True when a rule exempted the packet from connection tracking.
    var isUntracked = false
    /// True while connection tracking has not seen the packet.
    var isBeforeTracking = false
    /// True when a rule may have exempted the packet from connection tracking.
    var isTrackingUnknown = false
    /// True when a rule has written into the header. From then on, all of the header except addresses, ports and the
    /// protocol counts as unknown; what follows after a rule that writes those is not evaluated.
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

    /// Whether the packet has a connection; nil if that is unknown, or if it has the template of a zone instead.
    var hasConnection: Bool? {
        if isUntracked { return false }
        if isTrackingUnknown || isBeforeTracking && zone != nil { return nil }
        return !isBeforeTracking
    }

    /// Exempts the packet from connection tracking. Too late for a packet that has a connection or the template of a zone.
    mutating func exemptFromTracking() {
        if isBeforeTracking, zone == nil { isUntracked = true }
    }

    /// Attaches the template of a zone to the packet, unless it has a connection or a template.
    mutating func enter(zone new: Bits) {
        guard isBeforeTracking, zone == nil else { return }
        zone = new
        isUntracked = false
    }

    /// Marks every property that differs from `other` as unknown. `other` is the state after a rule of which it is not
    /// known whether it matched.
    mutating func forgetDifferences(from other: PacketState) {
        if mark != other.mark { mark = Bits(unknown: 4, .other) }
        if connectionMark != other.connectionMark { connectionMark = Bits(unknown: 4, .other) }
        if connectionLabels != other.connectionLabels { connectionLabels = Bits(unknown: 16, .other) }
        if zone != other.zone { zone = Bits(unknown: 2, .other) }
        if isUntracked != other.isUntracked { isTrackingUnknown = true }
        isRewritten = isRewritten || other.isRewritten
    }
}
