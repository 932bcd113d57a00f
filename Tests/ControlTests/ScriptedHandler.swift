// SPDX-License-Identifier: GPL-2.0-or-later
import Configuration
import Control
import Synchronization

/// A handler with answers set by a test, which records the calls.
final class ScriptedHandler: ControlHandler {
    private struct State {
        var status = Status.example
        var rescans: [String?] = []
        var rescanError: (any Error)?
        var plan = "add rule inet filter input jump teredowall-input"
        var plans = 0
        var holdsPlans = false
        /// The calls of `plan` that wait.
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let changes: AsyncStream<PortChange>
    private let feed: AsyncStream<PortChange>.Continuation

    init() { (changes, feed) = AsyncStream.makeStream() }

    var rescans: [String?] { state.withLock { $0.rescans } }
    func failRescans(with error: any Error) { state.withLock { $0.rescanError = error } }
    func setPlan(_ text: String) { state.withLock { $0.plan = text } }
    func setStatus(_ status: Status) { state.withLock { $0.status = status } }
    func publish(_ change: PortChange) { feed.yield(change) }
    func endChanges() { feed.finish() }

    /// The number of calls of `plan`.
    var plans: Int { state.withLock { $0.plans } }
    /// The number of calls of `plan` that wait.
    var plansHeld: Int { state.withLock { $0.held.count } }

    /// Makes calls of `plan` wait until ``releasePlans()``.
    func holdPlans() { state.withLock { $0.holdsPlans = true } }

    func releasePlans() {
        let held = state.withLock { state in
            state.holdsPlans = false
            return exchange(&state.held, with: [])
        }
        for continuation in held { continuation.resume() }
    }

    func status() async throws -> Status { state.withLock { $0.status } }
    func portState() async -> PortState { PortState(ready: true, ports: [40_000], port: 40_000) }
    func portChanges() -> AsyncStream<PortChange> { changes }

    func plan() async throws -> PlanText {
        await withCheckedContinuation { continuation in
            let continues = state.withLock { state in
                state.plans += 1
                if state.holdsPlans { state.held.append(continuation) }
                return !state.holdsPlans
            }
            if continues { continuation.resume() }
        }
        return PlanText(text: state.withLock { $0.plan })
    }

    func rescan(interface: String?) async throws {
        try state.withLock {
            $0.rescans.append(interface)
            if let error = $0.rescanError { throw error }
        }
    }
}

extension Status {
    /// Only the required fields have a value.
    static let minimal = Status(
        version: "", processID: 1, startedAt: 0, client: Client(user: "miredo"), leaseSeconds: 180,
        places: [
            AttachmentStatus(
                kind: "firewalld", table: "firewalld",
                rules: [RuleStatus(name: "O1", chain: "", direction: "out", text: "")])
        ],
        heals: [HealRecord(at: 0, place: "", cause: "")])

    /// Every field has a value, in at least one element of each list.
    static let example = Status(
        version: "1.0", processID: 4_711, startedAt: 1_750_000_000, networkNamespace: 4_026_531_840,
        mode: "own-table",
        configuration: ConfigurationStatus(
            path: "/etc/other.toml", lastError: "/etc/other.toml:3: no",
            settings: [
                .init(key: "client.user", value: "\"miredo\"", file: "/etc/other.toml", line: 2),
                .init(key: "firewall.lease", value: "\"3m\""),
            ]),
        client: Client(
            user: "miredo", uid: 110, ports: [40_000, 40_001], opened: [40_000], since: 1_750_000_100,
            withheld: [WithheldStatus(port: 40_001, address: "10.9.0.1", reason: "shared with another user")],
            probe: BindProbe(inUse: false, reason: "the kernel is too old")),
        tunnel: TunnelStatus(
            interface: "teredo", address: "2001:0:505:501:c5e:6a98:f9f9:f9fd", server: "5.5.5.1",
            since: 1_750_000_150),
        leaseSeconds: 180,
        rows: [
            RowStatus(interface: "eth0", name: "I1", state: .open, place: "inet filter input"),
            RowStatus(name: "O1", state: .unserved, reason: "owned by another process"),
        ],
        places: [
            AttachmentStatus(
                kind: "nft", table: "inet filter", chains: ["input", "output"],
                rules: [
                    RuleStatus(
                        name: "I1", chain: "teredowall-input", direction: "in",
                        text: "udp dport @teredowall-ports counter accept", packets: 12, bytes: 1_234)
                ],
                leaseRemainingSeconds: 171)
        ],
        leftAlone: [LeftAloneStatus(name: "inet other input", reason: "owned by another process")],
        heals: [
            HealRecord(
                at: 1_750_000_200, place: "inet filter", cause: "the table was deleted", processID: 99,
                processName: "nft")
        ],
        lastError: "the last transaction was refused")
}
