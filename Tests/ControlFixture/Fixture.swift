// SPDX-License-Identifier: GPL-2.0-or-later
import Control
import Glibc
import Platform
import Synchronization

/// `control-fixture PATH`: a control server with its socket at PATH, as a separate process whose memory a
/// test can measure.
///
/// Every number read from standard input becomes the client's port; the end of input ends the process.
/// Prints `ready` and the server's log to standard error.
@main struct Fixture {
    static func main() async throws {
        let handler = FixtureHandler()
        let server = try ControlServer(path: CommandLine.arguments[1], handler: handler, version: "1.0") {
            writeLine($0)
        }
        writeLine("ready")
        try await withThrowingTaskGroup { group in
            group.addTask { await server.run() }
            try await handler.follow()
            group.cancelAll()
        }
    }

    /// Writes a line to standard error.
    static func writeLine(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// Answers with a fixed status, in which only the client's port changes.
final class FixtureHandler: ControlHandler {
    private let changes: AsyncStream<PortChange>
    private let feed: AsyncStream<PortChange>.Continuation
    private let current = Mutex<UInt16>(40_000)

    init() {
        (changes, feed) = AsyncStream.makeStream()
        feed.yield(PortChange(type: .initial, port: 40_000, ports: [40_000]))
    }

    /// Reads ports from standard input and reports them as changes. Returns at the end of standard input.
    func follow() async throws {
        try await onDedicatedThread(name: "input") {
            while let line = readLine() {
                guard let port = UInt16(line) else { continue }
                self.current.withLock { $0 = port }
                self.feed.yield(PortChange(type: .changed, port: port, ports: [port]))
            }
        }
    }

    func status() async throws -> Status {
        let port = current.withLock { $0 }
        let rules = ["I1", "I2", "O1", "O2"].map { name in
            RuleStatus(
                name: name, chain: "teredowall-input", direction: "in",
                text: "udp dport @teredowall-ports counter packets 0 bytes 0 accept", packets: 12,
                bytes: 1_234)
        }
        return Status(
            version: "1.0", processID: getpid(), startedAt: 0,
            client: Status.Client(user: "miredo", ports: [port]), leaseSeconds: 180,
            places: [AttachmentStatus(kind: "nft", table: "inet filter", chains: ["input"], rules: rules)])
    }

    func portState() async -> PortState {
        let port = current.withLock { $0 }
        return PortState(ready: true, ports: [port], port: port)
    }

    func portChanges() -> AsyncStream<PortChange> { changes }
    func rescan(interface: String?) async throws {}
    func plan() async throws -> PlanText { PlanText(text: "") }
}
