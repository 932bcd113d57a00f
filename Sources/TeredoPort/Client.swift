// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Whose sockets are the Teredo client's: those of a user, whatever his programs are called.
package struct Client: Hashable, Sendable {
    /// Names the user.
    package enum Owner: Hashable, Sendable {
        case name(String)
        case uid(UInt32)
    }

    /// The user that the client runs as.
    package var owner: Owner
    /// The short name of the client's process, only for watching its end.
    package var processName = "miredo"
    /// Inode of the directory of the client's cgroup, to narrow the user to one service; 0 for all his sockets.
    package var cgroup: UInt64 = 0

    package init(owner: Owner) { self.owner = owner }

    /// The client that runs as the user of this name.
    package init(user: String) { self.init(owner: .name(user)) }

    /// The user's number, nil as long as there is no such user.
    package func uid() -> UInt32? {
        switch owner {
        case .uid(let uid): uid
        // A user database that cannot be read is asked again later, like a user who does not exist yet.
        case .name(let name): try? Users.uid(named: name)
        }
    }
}
