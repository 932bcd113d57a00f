// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// Watches the host's addresses for registrations that wait for them to become stable.
///
/// Belongs to the network namespace of the thread that created it.
final class AddressWatch: SharedWatch {
    /// A registration. It is notified whenever the addresses of its family become stable.
    struct Follower: Sendable {
        var family: AddressFamily
        /// True while a call is due as soon as the addresses are stable.
        var isWaiting: Bool
        var report: @Sendable ([UnicastAddress]) -> Void
    }

    private struct State: Sendable {
        var addresses: [UnicastAddress]
        var followers: [Dispatcher.ID: Follower] = [:]
        var isStopped = false
    }

    /// The shortest interval between looks, since changes of addresses come in groups.
    private static let restAfterLook = Duration.milliseconds(2)
    /// The pause after a failed look or wait.
    private static let failureGap = Duration.seconds(1)

    private let dispatcher: Dispatcher
    private let table: AddressTable
    private let events: AddressEvents
    private let wake: WakeUp
    private let state: Monitor<State>
    /// Locked during a look, so that an older result never replaces a newer one. A monitor needs a value: the
    /// number of looks, which nothing reads.
    private let looking = Monitor(0)
    private let thread = Monitor<WorkerThread?>(nil)

    /// Starts listening, then looks, so that no later change is missed.
    init(dispatcher: Dispatcher) throws(SystemError) {
        self.dispatcher = dispatcher
        events = try AddressEvents()
        wake = try WakeUp()
        table = try AddressTable()
        state = Monitor(State(addresses: try table.addresses().map { UnicastAddress($0) }))
    }

    /// Starts the thread that waits for events and looks.
    func start() throws(SystemError) {
        let started = try WorkerThread(name: "teredo-address") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Ends the thread and waits for its end.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
        let ended = thread.withLock { $0.take() }
        ended?.join()
    }

    /// The addresses of a family; nil when they are not stable.
    func stableAddresses(of family: AddressFamily) -> [UnicastAddress]? {
        state.withLock { state in
            let addresses = state.addresses.of(family)
            return addresses.areStable ? addresses : nil
        }
    }

    /// Adds a follower, which is notified once the addresses are stable.
    func add(_ follower: Follower, as id: Dispatcher.ID) {
        state.withLock { $0.followers[id] = follower }
        // The addresses may have become stable already.
        schedule()
    }

    /// Removes a follower that the dispatcher has released; `isLast` is true if none is left.
    func remove(_ id: Dispatcher.ID) -> (follower: Follower?, isLast: Bool) {
        state.withLock { ($0.followers.removeValue(forKey: id), $0.followers.isEmpty) }
    }

    private func run() {
        // The time of the next look without an event; at first, now.
        var due: ContinuousClock.Instant? = .now
        while !state.withLock({ $0.isStopped }) {
            guard let news = try? waitForEvents(from: [wake, events], until: due) else {
                _ = try? waitForEvents(from: [], until: .now + Self.failureGap)
                continue
            }
            let (isWoken, hasEvents) = (news[0], news[1])
            if isWoken { wake.drain() }
            guard hasEvents || (due.map { $0 <= .now } ?? false) else { continue }
            events.drain()
            due = (try? look()) == nil ? .now + Self.failureGap : nil
            _ = try? waitForEvents(from: [wake], until: .now + Self.restAfterLook)
        }
    }

    /// Reads the addresses. Followers whose addresses are not stable wait from now on; those that waited and
    /// whose addresses are stable get a turn.
    func look() throws(SystemError) {
        try looking.withLock { (count) throws(SystemError) in
            count &+= 1
            let addresses = try table.addresses().map { UnicastAddress($0) }
            state.withLock { state in
                state.addresses = addresses
                for (id, follower) in state.followers where !addresses.of(follower.family).areStable {
                    state.followers[id]?.isWaiting = true
                }
            }
        }
        schedule()
    }

    /// Gives a turn to each follower that waits and whose addresses are stable.
    private func schedule() {
        let due = state.withLock { state in
            state.followers.filter { $0.value.isWaiting && state.addresses.of($0.value.family).areStable }
                .keys.sorted()
        }
        if !due.isEmpty { dispatcher.schedule(due) }
    }

    /// Makes the call that is due to a follower.
    func deliver(to id: Dispatcher.ID) {
        let call = state.withLock { state -> (() -> Void)? in
            guard let follower = state.followers[id], follower.isWaiting else { return nil }
            let addresses = state.addresses.of(follower.family)
            guard addresses.areStable else { return nil }
            state.followers[id]?.isWaiting = false
            return { follower.report(addresses) }
        }
        call?()
    }
}
