// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Signals as values; no code runs in a signal handler.
public enum Signals {
    /// A request made by a signal.
    public enum Request: Hashable, Sendable {
        /// SIGTERM or SIGINT.
        case end
        /// SIGHUP.
        case reload
    }

    private static let requests: [CInt: Request] = [SIGTERM: .end, SIGINT: .end, SIGHUP: .reload]
    /// The signals of `requests` as a set: bit n-1 stands for signal n.
    private static var mask: UInt64 { requests.keys.reduce(0) { $0 | 1 << UInt64($1 - 1) } }

    /// Blocks SIGTERM, SIGINT and SIGHUP, so that their default actions do not happen, and ignores SIGPIPE.
    /// Call it first in `main`: threads created earlier keep the default actions.
    public static func block() throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        try checkStatus("block signals") { clinux_signals_block(mask) }
    }

    /// The requests as they arrive. Call ``block()`` before, and use one stream per process.
    public static func stream() throws(SystemError) -> AsyncStream<Request> {
        let source = try Source()
        let stop = try WakeUp()
        let (stream, continuation) = AsyncStream.makeStream(of: Request.self)
        _ = try WorkerThread(name: "signals") {
            // Runs until `stop` is signalled. Waiting fails only for lack of memory: the stream then ends, and signals
            // are no longer handled.
            while let hasNews = try? waitForEvents(from: [source, stop], until: nil), !hasNews[1] {
                for request in source.drain() { continuation.yield(request) }
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in stop.signal() }
        return stream
    }

    private final class Source: EventSource {
        private let descriptor: Descriptor

        init() throws(SystemError) {
            var number: CInt = -1
            try checkStatus("listen to signals") { unsafe clinux_signals_open(mask, &number) }
            descriptor = Descriptor(owning: number)
        }

        var descriptorNumber: CInt { descriptor.rawValue }

        func drain() -> [Request] {
            var found: [Request] = []
            var number: UInt32 = 0
            while unsafe clinux_signals_receive(descriptor.rawValue, &number) == 0 {
                if let request = requests[CInt(number)] { found.append(request) }
            }
            return found
        }
    }
}
