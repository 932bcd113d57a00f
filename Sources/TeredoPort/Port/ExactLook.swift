// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The look at single sockets of a client, which takes constant time however many sockets there are.
struct ExactLook {
    /// Number of questions for a socket that does not show its port yet: some hundred microseconds.
    static let patience = 100
    /// With more sockets the whole look is as good.
    static let mostSockets = 32

    enum Answer {
        /// These are there. With `isMissing` something that was bound is not, or cannot be found in this way.
        case found([UDPSocket], isMissing: Bool)
        /// The known sockets are in doubt: only a whole look can tell.
        case doubtful
        /// A socket that was bound still does not show its port. The whole look passes over it, too.
        case early
    }

    private let table: SocketTable
    private let uid: UInt32
    private let cgroup: UInt64

    /// - Parameters:
    ///   - table: What to ask.
    ///   - uid: The client's user.
    ///   - cgroup: The client's cgroup; 0 for any.
    init(in table: SocketTable, uid: UInt32, cgroup: UInt64) {
        self.table = table
        self.uid = uid
        self.cgroup = cgroup
    }

    /// Those sockets that are there.
    ///
    /// - Parameters:
    ///   - known: The client's sockets of the last look.
    ///   - bound: What it has bound since, perhaps several times the same.
    /// - Returns: What the kernel has said, or that it has not said enough.
    /// - Throws: What the kernel answers: ENOMEM and the like.
    func sockets(among known: [UDPSocket], and bound: [Bind]) throws(SystemError) -> Answer {
        guard known.count + bound.count <= Self.mostSockets else { return .doubtful }
        var found: [UDPSocket] = []
        var isMissing = false
        for socket in known {
            guard socket.interface == 0 else { return .doubtful }
            guard let present = try table.socket(at: socket.address, port: socket.port) else { continue }
            // Another one of the client's opens the same, whether it hides that one or has replaced it.
            let isSame = present.inode == socket.inode && present.hasNoPeer
            guard isSame || isClient(present) else { return .doubtful }
            found.append(present)
        }
        for bind in bound {
            guard let address = bind.address,
                !found.contains(where: { $0.address == address && $0.port == bind.port })
            else { continue }
            var answer = try table.socket(at: address, port: bind.port)
            for _ in 0..<Self.patience where answer?.port == 0 {
                answer = try table.socket(at: address, port: bind.port)
            }
            if answer?.port == 0 { return .early }
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
