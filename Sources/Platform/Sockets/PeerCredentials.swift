// SPDX-License-Identifier: Apache-2.0

/// The process at the other end of a Unix socket, as recorded by the kernel when the connection was made.
public struct PeerCredentials: Hashable, Sendable, CustomStringConvertible {
    public let processID: Int32
    public let userID: UInt32

    public var isRoot: Bool { userID == 0 }

    /// "process 4711 of user 1000"
    public var description: String { "process \(processID) of user \(userID)" }
}
