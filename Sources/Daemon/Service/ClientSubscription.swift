// SPDX-License-Identifier: GPL-2.0-or-later
internal import Synchronization
internal import TeredoPort

/// The daemon's subscription to the client's ports; the client can become another one.
final class ClientSubscription: Sendable {
    /// The ports and when they were seen.
    typealias Sighting = (ports: [UInt16], seen: ContinuousClock.Instant)

    /// The ports as they are now, then at every change; states in between may be left out.
    let portSets: AsyncStream<Sighting>
    private let continuation: AsyncStream<Sighting>.Continuation
    private let current: Mutex<(user: String, unit: String, registration: TeredoRegistration)>

    init(user: String, unit: String) throws(TeredoError) {
        let (portSets, continuation) = AsyncStream.makeStream(
            of: Sighting.self, bufferingPolicy: .bufferingNewest(1))
        self.portSets = portSets
        self.continuation = continuation
        let registration = try Teredo.notifyAllPorts(user: user, unit: unit) {
            continuation.yield(($0, .now))
        }
        current = Mutex((user, unit, registration))
    }

    /// Follows this client from now on, and no other.
    func follow(user: String, unit: String) throws(TeredoError) {
        let old = current.withLock { $0 }
        if (old.user, old.unit) == (user, unit) { return }
        // Cancelled first, so that its ports cannot come after the new ones.
        try old.registration.cancel()
        let registration = try Teredo.notifyAllPorts(user: user, unit: unit) { [continuation] in
            continuation.yield(($0, .now))
        }
        current.withLock { $0 = (user, unit, registration) }
    }

    /// Nothing is delivered once this has returned. Blocks while a delivery is under way.
    func cancel() throws(TeredoError) {
        try current.withLock { $0 }.registration.cancel()
        continuation.finish()
    }
}
