// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Platform
internal import TeredoPort

/// The daemon's subscription to the client: who it is, its ports, and what of them may be open. The client can become
/// another one.
final class ClientSubscription: Sendable {
    /// Whether the kernel tells the client's binds.
    enum Probe: Hashable, Sendable {
        case inUse
        case off
        case unavailable(reason: String)
    }

    /// Longest wait for the user database at the start.
    private static let userPatience = Duration.seconds(1)

    private let outlet: Outlet
    private let executor: ThreadExecutor
    private let latest: Monitor<ClientState>
    /// Held while the client becomes another one.
    private let current: Monitor<Current>

    private struct Current: Sendable {
        /// Counts the clients, so that late answers about one that was left are told from those about this one.
        var generation = 0
        var user: ClientUser?
        var unit = ""
        var uid: UInt32?
        var wish = Configuration.Probe.off
        var binds: BindEvents?
        var probe = Probe.off
        var ports: PortSubscription?
    }

    /// - Parameters:
    ///   - configuration: Whom to follow.
    ///   - executor: On its thread the client's ports are followed.
    /// - Throws: Shortages. A client or user that is not there is no error.
    init(_ configuration: Configuration, on executor: ThreadExecutor) throws {
        outlet = Outlet(executor: executor)
        self.executor = executor
        latest = Monitor(ClientState())
        current = Monitor(Current())
        try follow(configuration)
    }

    /// The client as it is now.
    var state: ClientState { latest.withLock { $0 } }

    /// Whether the kernel tells the client's binds.
    var probe: Probe { current.withLock { $0.probe } }

    /// Says, now and then whenever it may be so, that the client has changed, but for what `receive` hears.
    var news: AsyncStream<Void> { outlet.news }

    /// Has `receive` called for changes that are found on the executor's thread, with no other thread in between.
    func deliver(to receive: @escaping @Sendable () -> Void) { outlet.receive.withLock { $0 = receive } }

    /// Follows the client of this configuration from now on, and no other.
    func follow(_ configuration: Configuration) throws {
        let (name, unit) = (configuration.clientUser, configuration.clientUnit)
        let before = current.withLock { ($0.user, $0.unit, $0.wish) }
        if let user = before.0, (user.name, before.1, before.2) == (name, unit, configuration.clientProbe) {
            return
        }
        before.0?.stop()
        let generation = current.withLock { current in
            current.generation += 1
            current.unit = unit
            // Before the new one, so that its sockets cannot come after those of the new one.
            current.ports.take()?.cancel()
            current.uid = nil
            current.wish = configuration.clientProbe
            (current.binds, current.probe) = Self.bindEvents(configuration.clientProbe)
            return current.generation
        }
        let user = try ClientUser(
            named: name,
            lookUp: { [weak self] in
                let uid = try Users.uid(named: name)
                try self?.use(uid, generation)
                return uid
            },
            report: { [weak self] answer in self?.tell(answer, generation) })
        current.withLock { $0.user = user }
        let answer = user.firstAnswer(within: Self.userPatience)
        // The sockets of another client are none of this one.
        if answer.uid == nil {
            // Unless the answer has come since.
            current.withLock { if $0.generation == generation, $0.ports == nil { see(.nothing) } }
        }
        tell(answer, generation)
    }

    /// Looks at everything again: the user, the client's sockets and those of others.
    func lookAgain() {
        let (user, ports) = current.withLock { ($0.user, $0.ports) }
        user?.lookAgain()
        ports?.rescan()
    }

    /// Looks at the client's sockets now.
    func lookAtSockets() { current.withLock { $0.ports }?.rescan() }

    /// Nothing is delivered once this has returned. Blocks while a delivery is under way.
    func cancel() {
        let last = current.withLock { exchange(&$0, with: Current(generation: $0.generation + 1)) }
        last.user?.stop()
        last.ports?.cancel()
        outlet.finish()
    }

    /// Follows the sockets of the user with this number, in place of those of the number before.
    private func use(_ uid: UInt32?, _ generation: Int) throws {
        try current.withLock { current in
            guard current.generation == generation else { return }
            if current.uid == uid, uid == nil || current.ports != nil { return }
            current.ports.take()?.cancel()
            current.uid = uid
            latest.withLock { $0.user = uid }
            guard let uid else { return see(.nothing) }
            do {
                current.ports = try subscription(toUser: uid, current)
            } catch {
                // Nobody watches what another user had open.
                see(.nothing)
                throw error
            }
        }
    }

    private func subscription(toUser uid: UInt32, _ current: Current) throws -> PortSubscription {
        // By number: the library does not ask the user database then.
        var client = try TeredoClient(user: "\(uid)", unit: current.unit)
        client.owner = .uid(uid)
        let ports = try PortSubscription(to: client, on: executor, binds: current.binds) {
            [weak self] in self?.see($0)
        }
        try ports.begin()
        return ports
    }

    /// The client's sockets are now these.
    private func see(_ sighting: PortSighting) {
        latest.withLock { client in
            client.ports = sighting.ports
            client.main = sighting.main
            client.exposure = sighting.exposure
        }
        outlet.announce()
    }

    private static func bindEvents(_ wish: Configuration.Probe) -> (BindEvents?, Probe) {
        guard wish == .auto else { return (nil, .off) }
        do throws(BindEvents.Obstacle) { return (try BindEvents(), .inUse) } catch {
            return (nil, .unavailable(reason: "\(error)"))
        }
    }

    private func tell(_ answer: ClientUser.Answer, _ generation: Int) {
        guard current.withLock({ $0.generation }) == generation else { return }
        latest.withLock { $0.userProblem = answer.problem }
        outlet.announce()
    }
}

/// The way by which the daemon hears of changes.
private final class Outlet: Sendable {
    let news: AsyncStream<Void>
    let receive = Monitor<(@Sendable () -> Void)?>(nil)
    private let executor: ThreadExecutor
    private let continuation: AsyncStream<Void>.Continuation

    init(executor: ThreadExecutor) {
        self.executor = executor
        (news, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Who is told looks at the client's state, so that it does not matter which of two ways is the faster.
    func announce() {
        if executor.isCurrent, let receive = receive.withLock({ $0 }) {
            receive()
        } else {
            continuation.yield()
        }
    }

    func finish() { continuation.finish() }
}
