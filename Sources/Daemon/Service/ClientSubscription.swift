// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Platform
internal import TeredoPort

/// The daemon's subscription to the client: its user, its ports, and which of them may open. A new
/// configuration may name another client. All members may be called from any thread.
final class ClientSubscription: Sendable {
    /// The use of the kernel's reports of the client's binds.
    enum BindReporting: Hashable, Sendable {
        case inUse
        case off
        case unavailable(reason: String)
    }

    private let notifier: ChangeNotifier
    private let userTimeout: Duration
    private let lookUp: @Sendable (String) throws -> UInt32?
    private let executor: ThreadExecutor
    private let latest: Monitor<ClientState>
    /// The followed client; locked while it is replaced.
    private let followed: Monitor<Followed>

    private struct Followed: Sendable {
        /// Incremented with each client, so that late answers about an earlier client can be recognised.
        var generation = 0
        var user: ClientUser?
        var unit = ""
        var uid: UInt32?
        var probeSetting = Configuration.BindProbeMode.off
        var binds: BindEvents?
        var bindReporting = BindReporting.off
        var ports: PortSubscription?
    }

    /// - Parameters:
    ///   - configuration: The configuration that names the client.
    ///   - executor: The executor on whose thread the client's ports are followed.
    ///   - userTimeout: The longest wait for the user database before going on without an answer.
    ///   - lookUp: Looks up a user's ID by name; may block.
    /// - Throws: An error when descriptors, threads or memory are short. A missing client or user is no
    ///   error.
    init(
        _ configuration: Configuration, on executor: ThreadExecutor, userTimeout: Duration = .seconds(1),
        lookUp: @escaping @Sendable (String) throws -> UInt32? = { try Users.uid(named: $0) }
    ) throws {
        self.userTimeout = userTimeout
        self.lookUp = lookUp
        notifier = ChangeNotifier(executor: executor)
        self.executor = executor
        latest = Monitor(ClientState())
        followed = Monitor(Followed())
        try follow(configuration)
    }

    /// The present state of the client.
    var state: ClientState { latest.withLock { $0 } }

    /// The use of the kernel's reports of the present client's binds.
    var bindReporting: BindReporting { followed.withLock { $0.bindReporting } }

    /// One element, at least, after each change of the client, except changes that `deliver` has passed on.
    var news: AsyncStream<Void> { notifier.news }

    /// Registers `receive`, which is then called on the executor's thread for each change found there, so that
    /// the change takes effect without a switch of threads.
    func deliver(to receive: @escaping @Sendable () -> Void) {
        notifier.receiver.withLock { $0.receive = receive }
    }

    /// Follows the client that this configuration names, and no other, from now on.
    func follow(_ configuration: Configuration) throws {
        let (name, unit) = (configuration.clientUser, configuration.clientUnit)
        let before = followed.withLock { (user: $0.user, unit: $0.unit, probe: $0.probeSetting) }
        let isSameClient =
            before.user?.name == name && before.unit == unit && before.probe == configuration.clientProbe
        if isSameClient { return }
        let generation = followed.withLock { $0.generation } + 1
        // If this fails for lack of threads or memory, the previous client is still followed.
        let user = try ClientUser(
            named: name,
            lookUp: { [weak self, lookUp] in
                let uid = try lookUp(name)
                try self?.followSockets(of: uid, generation)
                return uid
            },
            report: { [weak self] answer in self?.record(answer, generation) })
        before.user?.stop()
        followed.withLock { followed in
            followed.generation = generation
            followed.user = user
            followed.unit = unit
            // Cancel before `begin`: no delivery of the old client may come after one of the new client.
            followed.ports.take()?.cancel()
            followed.uid = nil
            latest.withLock { $0.user = nil }
            followed.probeSetting = configuration.clientProbe
            (followed.binds, followed.bindReporting) = Self.bindEvents(configuration.clientProbe)
        }
        user.begin()
        let answer = user.firstAnswer(within: userTimeout)
        // Without a user there are no ports: forget those of the previous client.
        if answer.uid == nil {
            // If the user was found after the timeout, the ports of this client are recorded already.
            followed.withLock { if $0.generation == generation, $0.ports == nil { record(.nothing) } }
        }
        record(answer, generation)
    }

    /// Repeats the lookup of the user and the look at all sockets.
    func lookAgain() {
        let (user, ports) = followed.withLock { ($0.user, $0.ports) }
        user?.lookAgain()
        ports?.rescan()
    }

    /// Looks at the client's sockets now.
    func lookAtSockets() { followed.withLock { $0.ports }?.rescan() }

    /// Ends the subscription. Blocks while a delivery is under way; nothing is delivered afterwards.
    func cancel() {
        let last = followed.withLock { exchange(&$0, with: Followed(generation: $0.generation + 1)) }
        last.user?.stop()
        last.ports?.cancel()
        notifier.finish()
    }

    /// Follows the sockets of the user with this ID instead of those of the previous user.
    private func followSockets(of uid: UInt32?, _ generation: Int) throws {
        try followed.withLock { followed in
            guard followed.generation == generation else { return }
            // Nothing to do, unless an earlier subscription to this user has failed.
            if followed.uid == uid, uid == nil || followed.ports != nil { return }
            followed.ports.take()?.cancel()
            followed.uid = uid
            latest.withLock { $0.user = uid }
            guard let uid else { return record(.nothing) }
            do {
                followed.ports = try subscription(toUser: uid, followed)
            } catch {
                // Without a subscription nothing would close the ports of the previous user.
                record(.nothing)
                throw error
            }
        }
    }

    private func subscription(toUser uid: UInt32, _ followed: Followed) throws -> PortSubscription {
        // Give the library the ID, so that it does not query the user database again.
        var client = try TeredoClient(user: "\(uid)", unit: followed.unit)
        client.owner = .uid(uid)
        let ports = try PortSubscription(to: client, on: executor, binds: followed.binds) {
            [weak self] in self?.record($0)
        }
        try ports.begin()
        return ports
    }

    /// Records the client's ports.
    private func record(_ sighting: PortSighting) {
        latest.withLock { client in
            client.ports = sighting.ports
            client.main = sighting.main
            client.exposure = sighting.exposure
        }
        notifier.notify()
    }

    private static func bindEvents(_ setting: Configuration.BindProbeMode) -> (BindEvents?, BindReporting) {
        guard setting == .auto else { return (nil, .off) }
        do throws(BindEvents.Obstacle) { return (try BindEvents(), .inUse) } catch {
            return (nil, .unavailable(reason: "\(error)"))
        }
    }

    private func record(_ answer: ClientUser.Answer, _ generation: Int) {
        guard followed.withLock({ $0.generation }) == generation else { return }
        latest.withLock { $0.userProblem = answer.problem }
        notifier.notify()
    }
}

/// Notifies the daemon of changes of the client.
private final class ChangeNotifier: Sendable {
    /// A struct, because Swift wraps a bare function in a further closure each time it is read as a generic
    /// value, and never removes these closures.
    struct Receiver: Sendable {
        var receive: (@Sendable () -> Void)?
    }

    let news: AsyncStream<Void>
    let receiver = Monitor(Receiver())
    private let executor: ThreadExecutor
    private let continuation: AsyncStream<Void>.Continuation

    init(executor: ThreadExecutor) {
        self.executor = executor
        (news, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// On the executor's thread, calls the receiver; on other threads, adds an element to `news`. It does not
    /// matter which of two changes is handled first, because the handler reads the current state.
    func notify() {
        if executor.isCurrent, let receive = receiver.withLock({ $0.receive }) {
            receive()
        } else {
            continuation.yield()
        }
    }

    func finish() { continuation.finish() }
}
