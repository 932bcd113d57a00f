// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import TeredoPort

/// The daemon's subscription to the client: who it is, its ports, and what of them may be open. The client can become
/// another one.
final class ClientSubscription: Sendable {
    /// What was seen and when.
    typealias Sighting = (client: ClientState, seen: ContinuousClock.Instant)

    /// How long the start waits for the user database.
    private static let userPatience = Duration.seconds(1)

    /// The client as it is now, then at every change; states in between may be left out.
    let sightings: AsyncStream<Sighting>
    private let continuation: AsyncStream<Sighting>.Continuation
    private let exposure: ExposureWatch
    private let latest: Monitor<ClientState>
    /// Held while the client becomes another one.
    private let current: Monitor<Current>

    private struct Current: Sendable {
        /// Counts the clients, so that late answers about one that was left are told from those about this one.
        var generation = 0
        var user: ClientUser?
        var unit = ""
        var uid: UInt32?
        var registration: TeredoRegistration?
    }

    init(user: String, unit: String) throws {
        let (sightings, continuation) = AsyncStream.makeStream(
            of: Sighting.self, bufferingPolicy: .bufferingNewest(1))
        let latest = Monitor(ClientState())
        self.sightings = sightings
        self.continuation = continuation
        self.latest = latest
        current = Monitor(Current())
        exposure = try ExposureWatch { sockets, exposure in
            latest.withLock { client in
                client.ports = Set(sockets.map(\.port)).sorted()
                client.exposure = exposure
                continuation.yield((client, .now))
            }
        }
        try follow(user: user, unit: unit)
    }

    /// Follows this client from now on, and no other.
    func follow(user name: String, unit: String) throws {
        let before = current.withLock { ($0.user, $0.unit) }
        if let user = before.0, (user.name, before.1) == (name, unit) { return }
        before.0?.stop()
        let generation = try current.withLock { current in
            current.generation += 1
            current.unit = unit
            // Before the new one, so that its sockets cannot come after those of the new one.
            try current.registration.take()?.cancel()
            current.uid = nil
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
        if answer.uid == nil { exposure.update([]) }
        tell(answer, generation)
    }

    /// Looks at everything again: the user, the client's sockets and those of others.
    func lookAgain() {
        current.withLock { $0.user }?.lookAgain()
        Teredo.rescan()
        exposure.lookAgain()
    }

    /// Somebody bound this port, or may have.
    func portIsBound(_ port: UInt16) { exposure.lookAgain(atPort: port) }

    /// Nothing is delivered once this has returned. Blocks while a delivery is under way.
    func cancel() throws(TeredoError) {
        exposure.stop()
        let last = current.withLock { exchange(&$0, with: Current(generation: $0.generation + 1)) }
        last.user?.stop()
        try last.registration?.cancel()
        continuation.finish()
    }

    /// Follows the sockets of the user with this number, in place of those of the number before.
    private func use(_ uid: UInt32?, _ generation: Int) throws {
        try current.withLock { current in
            guard current.generation == generation else { return }
            if current.uid == uid, uid == nil || current.registration != nil { return }
            try current.registration.take()?.cancel()
            current.uid = uid
            latest.withLock { $0.user = uid }
            guard let uid else { return exposure.update([]) }
            // By number: the library does not ask the user database then.
            var client = try TeredoClient(user: "\(uid)", unit: current.unit)
            client.owner = .uid(uid)
            current.registration = try Teredo.notifySockets(of: client) { [exposure] in exposure.update($0) }
        }
    }

    private func tell(_ answer: ClientUser.Answer, _ generation: Int) {
        guard current.withLock({ $0.generation }) == generation else { return }
        latest.withLock { client in
            client.userProblem = answer.problem
            continuation.yield((client, .now))
        }
    }
}
