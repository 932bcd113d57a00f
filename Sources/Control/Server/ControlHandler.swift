// SPDX-License-Identifier: GPL-2.0-or-later

/// The daemon's side of the control socket.
///
/// Calls come concurrently, a handful at a time. Whatever is thrown is told to the client: a ``ControlError``
/// as it is, anything else by its description.
public protocol ControlHandler: Sendable {
    func status() async throws -> Status
    func portState() async -> PortState
    /// Begins with what holds now, then every change. Asked for once in the life of a server, which passes
    /// it on to all subscribers; when it ends, so do they.
    func portChanges() -> AsyncStream<PortChange>
    /// Looks again, at once. `interface` is the one that came up or went down, nil for all; only root gets
    /// this far.
    func rescan(interface: String?) async throws
    func plan() async throws -> PlanText
}
