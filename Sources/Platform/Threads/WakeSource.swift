// SPDX-License-Identifier: Apache-2.0

/// A source that the program itself can give news, to wake a waiting thread.
public protocol WakeSource: EventSource {
    /// Gives the source news. Several calls may count as one.
    func signal()

    /// Discards the news.
    func drain()
}
