// SPDX-License-Identifier: Apache-2.0

/// The Teredo client of this host, in the network namespace of the calling thread.
///
/// Needs neither privileges nor the daemon. Ports are in host byte order, 1 to 65535. The client is the user that it
/// runs as: another user's program opens nothing by being called like the client. Calls block for less than a
/// millisecond; they may be made on any thread, but not in a signal handler.
public enum Teredo {
    /// The user that the packaged client runs as.
    public static let defaultUser = "miredo"

    /// The UDP port that the client uses as its service port at this moment (GetTeredoPort).
    ///
    /// The client is ready when its socket is bound, whether it has qualified or not: behind a firewall that denies
    /// by default it needs its port in order to qualify. Of several ports it is the one reported before, while that
    /// exists.
    ///
    /// Every registration in this process that is older than the answer is told that the port began, and will be told
    /// that it ended.
    ///
    /// - Parameters:
    ///   - user: The user that the client runs as, by name or number.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    /// - Returns: The port, never 0.
    /// - Throws: ``TeredoError/notSupported`` without an IPv6 stack, ``TeredoError/notReady`` when no client has a
    ///   port.
    public static func port(
        user: String = defaultUser, unit: String = ""
    ) throws(TeredoError) -> UInt16 {
        try lookup(of: TeredoClient(user: user, unit: unit)).port()
    }

    /// All service ports of the client, ascending; empty when it has none.
    ///
    /// - Parameters:
    ///   - user: The user that the client runs as, by name or number.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    /// - Returns: The ports, each once.
    /// - Throws: What asking the kernel may give, never ``TeredoError/notReady``.
    public static func ports(
        user: String = defaultUser, unit: String = ""
    ) throws(TeredoError) -> [UInt16] {
        try lookup(of: TeredoClient(user: user, unit: unit)).ports()
    }

    /// Calls back whenever the client's service port changes (NotifyTeredoPortChange).
    ///
    /// Register first, then ask for ``port(user:unit:)``: this order loses no change. Callbacks run one after the other on
    /// a thread of the library, which holds no lock meanwhile; a slow callback delays other callbacks, and is told the
    /// newest state next, so that states in between may be left out but never the last one. Equal ports are never
    /// reported.
    ///
    /// - Parameters:
    ///   - initial: Also calls back once with ``TeredoPortEvent/initial``, before any change and before this returns.
    ///   - user: The user that the client runs as, by name or number; need not exist yet.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    ///   - callback: What to call.
    /// - Returns: The registration: cancel it or let go of it to end it.
    /// - Throws: ``TeredoError/notEnoughMemory`` and other shortages. A client that is not there is no error.
    public static func notifyPortChange(
        initial: Bool, user: String = defaultUser, unit: String = "",
        _ callback: @escaping @Sendable (TeredoPortEvent) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try observer(of: TeredoClient(user: user, unit: unit)).follow(initial: initial, callback)
    }

    /// Calls back with all service ports of the client: once before this returns, then after every change.
    ///
    /// The rules of ``notifyPortChange(initial:user:unit:_:)`` hold.
    ///
    /// - Parameters:
    ///   - user: The user that the client runs as, by name or number; need not exist yet.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    ///   - callback: What to call with the ports, ascending, each once; with none when there is no client.
    /// - Returns: The registration: cancel it or let go of it to end it.
    /// - Throws: ``TeredoError/notEnoughMemory`` and other shortages.
    public static func notifyAllPorts(
        user: String = defaultUser, unit: String = "", _ callback: @escaping @Sendable ([UInt16]) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try observer(of: TeredoClient(user: user, unit: unit)).followAll(callback)
    }

    /// The client's service ports that may be open to packets from outside.
    package static func exposure(of client: TeredoClient) throws(TeredoError) -> Exposure {
        try SharedState.current.lookup(of: client).exposure()
    }

    /// The changes of the client's service port as a sequence, registered from now on.
    ///
    /// - Parameters:
    ///   - initial: Begins with ``TeredoPortEvent/initial``.
    ///   - user: The user that the client runs as, by name or number; need not exist yet.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    /// - Returns: The sequence, for one loop. It ends only with the task.
    /// - Throws: ``TeredoError/notEnoughMemory`` and other shortages.
    public static func portChanges(
        initial: Bool = false, user: String = defaultUser, unit: String = ""
    ) throws(TeredoError) -> TeredoPortChanges {
        try TeredoPortChanges(of: observer(of: TeredoClient(user: user, unit: unit)), initial: initial)
    }

    /// Has every observation in this process look at the client now, for one who knows that something happened.
    /// Returns at once.
    public static func rescan() { try? SharedState.current.rescan() }

    /// The look-up of a client in the network namespace of the calling thread.
    package static func lookup(of client: TeredoClient) throws(TeredoError) -> PortLookup {
        try SharedState.current.lookup(of: client)
    }

    /// The observer of a client in the network namespace of the calling thread.
    package static func observer(of client: TeredoClient) throws(TeredoError) -> PortObserver {
        try SharedState.current.observer(of: client)
    }
}
