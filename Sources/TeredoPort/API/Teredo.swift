// SPDX-License-Identifier: Apache-2.0

/// The Teredo client of this host, in the network namespace of the calling thread.
///
/// Needs neither privileges nor the daemon. Ports are in host byte order, 1 to 65535. The client is
/// identified by the user that it runs as: a program of another user does not count, whatever its name. Calls
/// may be made on any thread, but not in a signal handler. Most take less than a millisecond; a call that lists
/// the host's sockets takes longer beside thousands of sockets (<doc:FindingThePort>).
///
/// Each function with a user or a unit also throws ``TeredoError/invalidParameter``: for an empty user, or for a
/// unit that is not a file name.
public enum Teredo {
    /// The user that the packaged client runs as.
    public static let defaultUser = "miredo"

    /// The UDP port that the client uses as its service port at this moment (GetTeredoPort).
    ///
    /// The client counts as ready when its socket is bound, before it has qualified: behind a firewall that
    /// denies by default it needs its port in order to qualify. If there are several ports, the answer is the
    /// port reported before, as long as it exists, otherwise the port of the oldest socket.
    ///
    /// Every registration for this client in this process that is older than the answer is notified of the
    /// beginning of this port, and later of its end.
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
    /// - Throws: Errors of calls to the kernel; never ``TeredoError/notReady``.
    public static func ports(
        user: String = defaultUser, unit: String = ""
    ) throws(TeredoError) -> [UInt16] {
        try lookup(of: TeredoClient(user: user, unit: unit)).ports()
    }

    /// Registers a callback for changes of the client's service port (NotifyTeredoPortChange).
    ///
    /// Register first, then call ``port(user:unit:)``: in this order no change is lost. Callbacks run one
    /// after the other on a thread of the library, which holds no lock during a callback. A slow callback
    /// delays others, and its next call reports the newest state: states in between may be left out, but
    /// never the last. If a look finds the port reported last, nothing is reported.
    ///
    /// - Parameters:
    ///   - initial: If true, the callback is also called once with ``TeredoPortEvent/initial``, before any
    ///     change and before this function returns.
    ///   - user: The user that the client runs as, by name or number; it need not exist yet.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    ///   - callback: Called with each change.
    /// - Returns: The registration; cancel or release it to end it.
    /// - Throws: ``TeredoError/notEnoughMemory``, or another error when descriptors or threads are short. A
    ///   missing client is no error.
    public static func notifyPortChange(
        initial: Bool, user: String = defaultUser, unit: String = "",
        _ callback: @escaping @Sendable (TeredoPortEvent) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try observer(of: TeredoClient(user: user, unit: unit)).follow(initial: initial, callback)
    }

    /// Registers a callback for all service ports of the client: called once before this function returns,
    /// then after every change.
    ///
    /// The rules of ``notifyPortChange(initial:user:unit:_:)`` apply.
    ///
    /// - Parameters:
    ///   - user: The user that the client runs as, by name or number; it need not exist yet.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    ///   - callback: Called with the ports, ascending, without repetition; with an empty list when there is
    ///     no client.
    /// - Returns: The registration; cancel or release it to end it.
    /// - Throws: ``TeredoError/notEnoughMemory``, or another error when descriptors or threads are short.
    public static func notifyAllPorts(
        user: String = defaultUser, unit: String = "", _ callback: @escaping @Sendable ([UInt16]) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try observer(of: TeredoClient(user: user, unit: unit)).followAll(callback)
    }

    /// The client's service ports that may be opened to packets from outside.
    package static func exposure(of client: TeredoClient) throws(TeredoError) -> Exposure {
        try SharedState.current.lookup(of: client).exposure()
    }

    /// The changes of the client's service port as a sequence; registered from now on.
    ///
    /// - Parameters:
    ///   - initial: If true, the sequence begins with ``TeredoPortEvent/initial``.
    ///   - user: The user that the client runs as, by name or number; it need not exist yet.
    ///   - unit: The systemd service that the client runs in, such as "miredo.service"; empty for any process of the
    ///     user.
    /// - Returns: The sequence, for one loop. It ends only when the task is cancelled.
    /// - Throws: ``TeredoError/notEnoughMemory``, or another error when descriptors or threads are short.
    public static func portChanges(
        initial: Bool = false, user: String = defaultUser, unit: String = ""
    ) throws(TeredoError) -> TeredoPortChanges {
        try TeredoPortChanges(of: observer(of: TeredoClient(user: user, unit: unit)), initial: initial)
    }

    /// Makes the library look now at each client for which this process has registrations, for callers that
    /// know of a change. Returns at once.
    public static func rescan() {
        // Fails only when memory is short and this process has no registrations yet.
        try? SharedState.current.rescan()
    }

    /// The lookup of a client in the network namespace of the calling thread.
    package static func lookup(of client: TeredoClient) throws(TeredoError) -> PortLookup {
        try SharedState.current.lookup(of: client)
    }

    /// The observer of a client in the network namespace of the calling thread.
    package static func observer(of client: TeredoClient) throws(TeredoError) -> PortObserver {
        try SharedState.current.observer(of: client)
    }
}
