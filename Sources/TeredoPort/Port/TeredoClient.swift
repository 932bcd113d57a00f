// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The Teredo client: the sockets of a user, whatever the programs are called.
package struct TeredoClient: Hashable, Sendable {
    /// Names the user.
    package enum Owner: Hashable, Sendable {
        case name(String)
        case uid(UInt32)
    }

    /// The user that the client runs as.
    package var owner: Owner
    /// The client's program, whose service is looked at first.
    package var processName = "miredo"
    /// Where the directory of the client's cgroup may be, to narrow the user to one service; empty for all his
    /// sockets.
    package var cgroups: [String] = []

    package init(owner: Owner) { self.owner = owner }

    /// The client that runs as the user of this name or number and, unless `unit` is empty, in that systemd service.
    ///
    /// - Throws: ``TeredoError/invalidParameter`` for a unit that names no directory of a service.
    package init(user: String, unit: String = "") throws(TeredoError) {
        guard !user.isEmpty, !unit.contains("/"), unit != ".", unit != ".." else { throw .invalidParameter }
        self.init(owner: .name(user))
        // With version 2 alone, and beside version 1.
        if !unit.isEmpty { cgroups = ["", "/unified"].map { "/sys/fs/cgroup\($0)/system.slice/\(unit)" } }
    }

    /// The cgroup to look in: 0 for any, nil while it does not exist. systemd makes it anew at every start of the
    /// service.
    func cgroup() -> UInt64? {
        cgroups.isEmpty ? 0 : cgroups.lazy.compactMap(Files.inode).first
    }

    /// All its unconnected sockets, found by going through those of the host; none without a user or a cgroup.
    func sockets(ofUser uid: UInt32?, in table: SocketTable) throws(SystemError) -> [UDPSocket] {
        guard let uid, let cgroup = cgroup() else { return [] }
        return try table.sockets(ofUser: uid, cgroup: cgroup)
    }

    /// The user's number, nil as long as there is no such user. Throws when the user database cannot be read.
    func uid() throws(SystemError) -> UInt32? {
        switch owner {
        case .uid(let uid): uid
        case .name(let name): try Users.uid(named: name)
        }
    }
}
