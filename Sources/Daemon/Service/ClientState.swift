// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner
internal import TeredoPort

/// A snapshot of the Teredo client.
struct ClientState: Hashable, Sendable {
    /// The ID of the client's user; nil while the host has no such user, or it has not been looked up yet.
    var user: UInt32?
    /// The reason why the last lookup of the user failed; `user` is then the last known ID.
    var userProblem: String?
    /// All service ports in host byte order, ascending.
    var ports: [UInt16] = []
    /// The port for reports of a single port, chosen by the port library.
    var main: UInt16?
    /// The ports that may open, and those withheld.
    var exposure = Exposure.nothing

    /// The service ports that may open, in the planner's form.
    var service: [Opening] { exposure.open.map { Opening($0.port, at: $0.address) } }
}
