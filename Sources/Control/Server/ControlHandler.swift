// SPDX-License-Identifier: GPL-2.0-or-later

/// The implementation of the control interface by the daemon.
///
/// Methods are called concurrently, up to a limit. A thrown error is sent to the client, as ``ControlError``
/// describes.
public protocol ControlHandler: Sendable {
    /// The answer of `GetStatus`.
    func status() async throws -> Status
    /// The answer of `GetPort`.
    func portState() async -> PortState
    /// The present port, then every change. Called once by a server, which passes the changes on to all
    /// subscribers. When the stream ends, their subscriptions end.
    func portChanges() -> AsyncStream<PortChange>
    /// Examines the client and the ruleset again. `interface` is the one that came up or went down, nil for
    /// all. Only root's calls arrive here.
    func rescan(interface: String?) async throws
    /// The answer of `Plan`. Only root's calls arrive here.
    func plan() async throws -> PlanText
}
