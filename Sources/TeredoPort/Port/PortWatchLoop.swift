// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The work of a watch's thread: follows the client and hands on sightings. For one thread at a time.
struct PortWatchLoop: Sendable {
    /// The pause after a wait that failed.
    static let failureGap = Duration.seconds(1)

    private let watch: PortWatch
    private var tracker: PortTracker
    /// An answer of a call is newer than sightings before this number of whole looks.
    private var leastLooks = 0

    init(_ watch: PortWatch) {
        self.watch = watch
        tracker = watch.tracker
    }

    /// Steps until the watch is stopped.
    mutating func run() {
        while step() {
            do {
                _ = try waitForNews(from: sources, until: deadline)
            } catch {
                // Only for want of memory. Without a pause this would spin.
                _ = try? waitForNews(from: [], until: .now + Self.failureGap)
            }
        }
    }

    /// The sources to wait for.
    var sources: [any EventSource] { [watch.wake] + tracker.sources }

    /// The time of the next step without any event.
    var deadline: ContinuousClock.Instant { tracker.deadline }

    /// Does what is due. False when the watch was stopped.
    mutating func step() -> Bool {
        let (order, answers) = watch.takeOrder()
        switch order {
        case .stop: return false
        case .look:
            tracker.rescan()
            leastLooks = tracker.looks + 1
        case .none: break
        }
        // A second turn sees to it that nothing has happened to what the first one found.
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
