// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// A Teredo client, identified by the user that it runs as, whatever its programs are called.
package struct TeredoClient: Hashable, Sendable {
    /// The user, by name (or an ID in decimal digits), or by ID.
    package enum Owner: Hashable, Sendable {
        case name(String)
        case uid(UInt32)
    }

    /// The user that the client runs as.
    package var owner: Owner
    /// The name of the client's program. Only a hint: the sockets of the service with this name are listed
    /// before those of all services, because the kernel lists those of one service faster.
    package var processName = "miredo"
    /// The possible directories of the client's cgroup, which limits the client to one service; empty to
    /// accept all sockets of the user.
    package var cgroups: [String] = []

    package init(owner: Owner) { self.owner = owner }

    /// The client that runs as the user with this name or number and, unless `unit` is empty, in that systemd
    /// service.
    ///
    /// - Throws: ``TeredoError/invalidParameter`` for an empty user or a unit that is not a file name.
    package init(user: String, unit: String = "") throws(TeredoError) {
        guard !user.isEmpty, !unit.contains("/"), unit != ".", unit != ".." else { throw .invalidParameter }
        self.init(owner: .name(user))
        // The cgroup v2 tree may be the only one, or be mounted beside v1.
        if !unit.isEmpty { cgroups = ["", "/unified"].map { "/sys/fs/cgroup\($0)/system.slice/\(unit)" } }
    }

    /// The ID of the cgroup to look in: 0 for any; nil while it does not exist. systemd creates it at every start of
    /// the service.
    func cgroup() -> UInt64? {
        cgroups.isEmpty ? 0 : cgroups.lazy.compactMap(Files.inode).first
    }

    /// The client's unconnected sockets, from a listing of the host's; empty without the user or the cgroup.
    func sockets(ofUser uid: UInt32?, in table: SocketTable) throws(SystemError) -> [UDPSocket] {
        guard let uid, let cgroup = cgroup() else { return [] }
        return try table.sockets(ofUser: uid, cgroup: cgroup)
    }

    /// The user's ID; nil while there is no such user. Throws when the user database cannot be read.
    func uid() throws(SystemError) -> UInt32? {
        switch owner {
        case .uid(let uid): uid
        case .name(let name): try Users.uid(named: name)
        }
    }
}
