// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Tells whether an IPv4 UDP socket may have been bound since some moment, without going through the table, in the
/// network namespace of the thread that made this. Calls are to be made in the same namespace.
///
/// No event tells of a bind. But how many sockets there are, and how many have ended, gives how many have come. The
/// kernel tells of an end some microseconds late: for that long a socket that came in its place goes unnoticed.
public final class SocketArrivals: Sendable {
    /// What was counted at some moment.
    public struct Count: Sendable {
        fileprivate let inUse: Int
        fileprivate let ended: Int
    }

    private struct State: ~Copyable, Sendable {
        let descriptor: Descriptor
        var ended = 0
    }

    /// More than can be bound, for ends that nobody counted.
    private static let lost = 1 << 40
    private let state: Monitor<State>

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("listen to ends of sockets") { unsafe clinux_destroy_counter_open(&number) }
        state = Monitor(State(descriptor: Descriptor(owning: number)))
    }

    /// What is counted now; nil where the kernel does not say.
    public func count() -> Count? {
        guard let inUse = Self.inUse else { return nil }
        return Count(inUse: inUse, ended: ended())
    }

    /// False when no socket was bound since `count` was taken.
    public func mayHaveArrived(since count: Count) -> Bool {
        guard let now = self.count() else { return true }
        return now.inUse - count.inUse + now.ended - count.ended != 0
    }

    private func ended() -> Int {
        state.withLock { state in
            while true {
                let status = clinux_destroy_counter_take(state.descriptor.rawValue)
                guard status != 0 else { return state.ended }
                state.ended += status > 0 ? Int(status) : Self.lost
            }
        }
    }

    private static var inUse: Int? {
        guard let bytes = try? Files.contents(of: "/proc/thread-self/net/sockstat") else { return nil }
        let prefix = Array("UDP: inuse ".utf8)
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: prefix) {
            return Int(String(decoding: line.dropFirst(prefix.count).prefix { $0 != 32 }, as: UTF8.self))
        }
        return nil
    }
}
