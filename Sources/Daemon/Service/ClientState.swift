// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner
internal import TeredoPort

/// A snapshot of the Teredo client.
struct ClientState: Hashable, Sendable {
    /// The number of the client's user; nil while the host has no such user, or it could not be looked up yet.
    var user: UInt32?
    /// Why the user could not be looked up; `user` is what was known before.
    var userProblem: String?
    /// All service ports, ascending.
    var ports: [UInt16] = []
    /// The one that stands for all where only one is known, as the port library decides.
    var main: UInt16?
    /// The ports that may be open, and those withheld.
    var exposure = Exposure.nothing

    /// The service ports that may be open, for the planner.
    var service: [Opening] { exposure.open.map { Opening($0.port, at: $0.address) } }
}
