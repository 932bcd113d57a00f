// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The work of a watch's thread: follows the client and publishes sightings. For one thread at a time.
struct PortWatchLoop: Sendable {
    /// The pause after a failed wait.
    static let failureGap = Duration.seconds(1)

    private let watch: PortWatch
    private var tracker: PortTracker
    /// A sighting from before this number of complete looks may be older than the answer of a call, and is not
    /// published.
    private var leastLooks = 0

    init(_ watch: PortWatch) {
        self.watch = watch
        tracker = watch.tracker
    }

    /// Works until the watch is stopped.
    mutating func run() {
        while step() {
            do {
                _ = try waitForEvents(from: sources, until: deadline)
            } catch {
                // Fails only when memory is short. The pause prevents a busy loop.
                _ = try? waitForEvents(from: [], until: .now + Self.failureGap)
            }
        }
    }

    /// The sources to wait for.
    var sources: [any EventSource] { [watch.wake] + tracker.sources }

    /// The time of the next step if there is no event.
    var deadline: ContinuousClock.Instant { tracker.deadline }

    /// Does what is due. Returns false when the watch was stopped.
    mutating func step() -> Bool {
        let (request, answers) = watch.takeRequest()
        switch request {
        case .stop: return false
        case .look:
            tracker.rescan()
            leastLooks = tracker.looks + 1
        case .none: break
        }
        // After each change, another turn checks that nothing has happened to the sockets that were found.
        while tracker.turn() { publish(after: answers) }
        publish(after: answers)
        return true
    }

    private mutating func publish(after answers: Int) {
        guard tracker.looks >= leastLooks, !watch.publish(tracker.sighting, after: answers) else { return }
        tracker.requestLook()
        leastLooks = tracker.looks + 1
    }
}
