// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// Looks up single sockets of a client, in a time that does not depend on the number of sockets of the host.
struct ExactLook {
    /// The maximum number of repeated lookups of a socket that does not show its port yet. 100 lookups take
    /// some hundred microseconds.
    static let maxRepetitions = 100
    /// The number of sockets up to which single lookups are faster than listing all sockets.
    static let mostSockets = 32

    enum Answer {
        /// The sockets that exist. `isMissing` is true when a bound socket is gone or cannot be found in this
        /// way.
        case found([UDPSocket], isMissing: Bool)
        /// The known sockets are in doubt: list all sockets.
        case doubtful
        /// A bound socket does not show its port yet. A listing would omit it too.
        case tooEarly
    }

    private let table: SocketTable
    private let uid: UInt32
    private let cgroup: UInt64

    /// - Parameters:
    ///   - table: The socket table to use.
    ///   - uid: The ID of the client's user.
    ///   - cgroup: The client's cgroup; 0 for any.
    init(in table: SocketTable, uid: UInt32, cgroup: UInt64) {
        self.table = table
        self.uid = uid
        self.cgroup = cgroup
    }

    /// Looks up which of these sockets exist.
    ///
    /// - Parameters:
    ///   - known: The client's sockets of the last look.
    ///   - bound: The client's binds since, possibly with repetitions.
    /// - Returns: The sockets that exist, or the reason why they are unknown.
    /// - Throws: ``SystemError``, for instance ENOMEM.
    func sockets(among known: [UDPSocket], and bound: [Bind]) throws(SystemError) -> Answer {
        guard known.count + bound.count <= Self.mostSockets else { return .doubtful }
        var found: [UDPSocket] = []
        var isMissing = false
        for socket in known {
            // The lookup names no interface, and so does not find a socket that is bound to one.
            guard socket.interface == 0 else { return .doubtful }
            guard let present = try table.socket(at: socket.address, port: socket.port) else { continue }
            // The kernel may return another socket of the client with this port, on this address or on all,
            // which hides the known socket or has replaced it. That socket opens the same port, and is
            // returned instead.
            let isSame = present.inode == socket.inode && present.hasNoPeer
            guard isSame || isClient(present) else { return .doubtful }
            // A socket loses its port when it is closed.
            if isSame, present.port == 0 { continue }
            // It may have been returned for another known socket too.
            if !found.contains(where: { $0.inode == present.inode }) { found.append(present) }
        }
        for bind in bound {
            guard let address = bind.address,
                !found.contains(where: { $0.address == address && $0.port == bind.port })
            else { continue }
            var answer = try table.socket(at: address, port: bind.port)
            for _ in 0..<Self.maxRepetitions where answer?.port == 0 {
                answer = try table.socket(at: address, port: bind.port)
            }
            if answer?.port == 0 { return .tooEarly }
            // Without a socket on this address, the kernel returns one on all addresses.
            if let socket = answer, socket.address == address, isClient(socket) {
                found.append(socket)
            } else {
                isMissing = true
            }
        }
        return .found(found, isMissing: isMissing)
    }

    private func isClient(_ socket: UDPSocket) -> Bool {
        socket.uid == uid && socket.hasNoPeer && (cgroup == 0 || socket.cgroup == cgroup)
    }
}
