// SPDX-License-Identifier: GPL-2.0-or-later
import Platform

/// A record of what callbacks reported, in order, for a test that waits for it.
public final class Record<Entry: Sendable & Equatable>: Sendable {
    private let entries = Monitor<[Entry]>([])

    public init() {}

    public var all: [Entry] { entries.withLock { $0 } }

    public func append(_ entry: Entry) { entries.withLock { $0.append(entry) } }

    /// Waits at most 30 seconds until there are `count` entries, and returns all entries.
    public func wait(count: Int) -> [Entry] { wait { $0.count >= count } }

    /// Waits at most 30 seconds until `isWanted` returns true for the entries, and returns all entries.
    public func wait(until isWanted: ([Entry]) -> Bool) -> [Entry] {
        entries.wait(atMost: .seconds(30)) { isWanted($0) ? $0 : nil } ?? all
    }
}
