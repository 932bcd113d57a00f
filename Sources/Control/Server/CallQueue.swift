// SPDX-License-Identifier: GPL-2.0-or-later

/// Whose call is with the handler, and who waits for a place: first come, first served, in three lanes, so that
/// a crowd which asks for plans keeps nobody from the port, and no crowd keeps root from changing something.
struct CallQueue {
    enum Lane: Int, CaseIterable {
        case reading, port, changing
    }

    private struct State {
        var running = 0
        var waiting: [UInt64] = []
    }

    private let limit: Int
    private var lanes = [State](repeating: State(), count: Lane.allCases.count)

    /// `limit` is how many calls run at the same time, in each lane.
    init(limit: Int) { self.limit = limit }

    /// Whether the client's call may begin now; otherwise it waits.
    mutating func begin(_ client: UInt64, in lane: Lane) -> Bool {
        if lanes[lane.rawValue].running < limit {
            lanes[lane.rawValue].running += 1
            return true
        }
        lanes[lane.rawValue].waiting.append(client)
        return false
    }

    /// One call has ended: the client whose call begins in its place, if any.
    mutating func end(in lane: Lane) -> UInt64? {
        if lanes[lane.rawValue].waiting.isEmpty {
            lanes[lane.rawValue].running -= 1
            return nil
        }
        return lanes[lane.rawValue].waiting.removeFirst()
    }

    /// The client is gone. What it has with the handler comes to its end all the same.
    mutating func forget(_ client: UInt64) {
        for lane in lanes.indices { lanes[lane].waiting.removeAll { $0 == client } }
    }
}
