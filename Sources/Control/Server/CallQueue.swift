// SPDX-License-Identifier: GPL-2.0-or-later

/// The calls in progress and those that wait, served in order in three lanes: many callers of `GetStatus` do not
/// delay `GetPort`, and no number of callers delays root's changes.
///
/// Users other than root have one call at a time in each lane.
struct CallQueue {
    enum Lane: Int, CaseIterable {
        /// `GetStatus` and `Plan`.
        case reading
        /// `GetPort`.
        case port
        /// `Rescan`.
        case changing
    }

    struct Caller: Hashable, Sendable {
        /// The token of the client's connection.
        var client: UInt64
        var user: UInt32
    }

    /// The calls in one lane.
    private struct State {
        var running = 0
        /// The users other than root with a call in progress.
        var users: Set<UInt32> = []
        var waiting: [Caller] = []
    }

    private let limit: Int
    private var lanes = [State](repeating: State(), count: Lane.allCases.count)

    /// `limit` is the maximum number of concurrent calls in each lane.
    init(limit: Int) { self.limit = limit }

    /// Returns true if the client's call may begin now; otherwise queues the call.
    mutating func begin(_ caller: Caller, in lane: Lane) -> Bool {
        guard hasRoom(for: caller.user, in: lane) else {
            lanes[lane.rawValue].waiting.append(caller)
            return false
        }
        start(caller.user, in: lane)
        return true
    }

    /// Ends a call of the user, and returns the token of the client whose call begins instead, if any.
    mutating func end(of user: UInt32, in lane: Lane) -> UInt64? {
        lanes[lane.rawValue].running -= 1
        lanes[lane.rawValue].users.remove(user)
        let next = lanes[lane.rawValue].waiting.firstIndex { hasRoom(for: $0.user, in: lane) }
        guard let next else { return nil }
        let caller = lanes[lane.rawValue].waiting.remove(at: next)
        start(caller.user, in: lane)
        return caller.client
    }

    /// Removes the waiting calls of a client that has disconnected. Its call in progress continues.
    mutating func forget(_ client: UInt64) {
        for lane in lanes.indices { lanes[lane].waiting.removeAll { $0.client == client } }
    }

    private func hasRoom(for user: UInt32, in lane: Lane) -> Bool {
        lanes[lane.rawValue].running < limit && !lanes[lane.rawValue].users.contains(user)
    }

    private mutating func start(_ user: UInt32, in lane: Lane) {
        lanes[lane.rawValue].running += 1
        if user != 0 { lanes[lane.rawValue].users.insert(user) }
    }
}
