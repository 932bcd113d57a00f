// SPDX-License-Identifier: GPL-2.0-or-later
import Platform

/// What callbacks reported, in order, for a test that waits for it.
public final class Record<Entry: Sendable & Equatable>: Sendable {
    private let entries = Monitor<[Entry]>([])

    public init() {}

    public var all: [Entry] { entries.withLock { $0 } }

    public func append(_ entry: Entry) { entries.withLock { $0.append(entry) } }

    /// Waits until there are `count` entries, at most 30 seconds, and gives what there is then.
    public func wait(count: Int) -> [Entry] { wait { $0.count >= count } }

    /// Waits until the entries are as wanted, at most 30 seconds, and gives what there is then.
    public func wait(until isWanted: ([Entry]) -> Bool) -> [Entry] {
        entries.wait(atMost: .seconds(30)) { isWanted($0) ? $0 : nil } ?? all
    }
}
