// SPDX-License-Identifier: GPL-2.0-or-later

/// Whose call is with the handler, and who waits for a place: first come, first served.
struct CallQueue {
    private let limit: Int
    private var running = 0
    private var waiting: [UInt64] = []

    init(limit: Int) { self.limit = limit }

    /// Whether the client's call may begin now; otherwise it waits. One that is urgent never does.
    mutating func begin(_ client: UInt64, urgent: Bool) -> Bool {
        if urgent || running < limit {
            running += 1
            return true
        }
        waiting.append(client)
        return false
    }

    /// One call has ended: the client whose call begins in its place, if any.
    mutating func end() -> UInt64? {
        running -= 1
        guard running < limit, !waiting.isEmpty else { return nil }
        running += 1
        return waiting.removeFirst()
    }

    /// The client is gone. What it has with the handler comes to its end all the same.
    mutating func forget(_ client: UInt64) { waiting.removeAll { $0 == client } }
}
