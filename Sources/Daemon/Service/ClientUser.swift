// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The number of the client's user, looked up on a thread of its own: the user database may be a directory on the
/// network, which takes its time or never answers.
///
/// The user may come with the client's package, or get another number with it: looked for again when a tunnel device
/// appears, as a client makes one when it starts, and now and then.
final class ClientUser: Sendable {
    /// What is known: `problem` says why the newest look-up failed, and then `uid` is what was known before.
    struct Answer: Hashable, Sendable {
        var uid: UInt32?
        var problem: String?
    }

    /// Intervals between look-ups.
    private enum Gap {
        static let known = Duration.seconds(600)
        static let absent = Duration.seconds(60)
        static let firstFailure = Duration.milliseconds(250)
        static let lastFailure = Duration.seconds(60)
    }

    private struct State: Sendable {
        var answer: Answer?
        var isAsked = false
        var isStopped = false
    }

    let name: String
    private let wake: WakeUp
    private let links: LinkEvents
    private let state = Monitor(State())
    private let lookUp: @Sendable () throws -> UInt32?
    private let report: @Sendable (Answer) -> Void

    /// Starts the thread, in the network namespace of the calling one.
    ///
    /// - Parameters:
    ///   - name: A user's name, or a number.
    ///   - lookUp: Looks the user up and puts the number to use, on the thread. Tried again later when it throws.
    ///   - report: Called on the thread with every answer that is not the one before.
    /// - Throws: when there are too many descriptors or threads.
    init(
        named name: String, lookUp: @escaping @Sendable () throws -> UInt32?,
        report: @escaping @Sendable (Answer) -> Void
    ) throws(SystemError) {
        self.name = name
        self.lookUp = lookUp
        self.report = report
        wake = try WakeUp()
        links = try LinkEvents()
        // Holds this object until it is stopped; not joined, as a look-up may hang.
        _ = try WorkerThread(name: "client-user") { [self] in run() }
    }

    /// The first answer, or that there is none yet after this time.
    func firstAnswer(within limit: Duration) -> Answer {
        state.wait(atMost: limit) { $0.answer }
            ?? Answer(uid: nil, problem: "cannot look up the user \(name): no answer yet")
    }

    /// Has the thread look the user up now.
    func lookAgain() {
        state.withLock { $0.isAsked = true }
        wake.signal()
    }

    /// Ends the thread, once its look-up has returned. Nothing is reported that begins after this has returned.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    private func run() {
        var answer = Answer()
        var failureGap = Gap.firstFailure
        while !state.withLock({ $0.isStopped }) {
            let gap: Duration
            do {
                answer = Answer(uid: try lookUp())
                failureGap = Gap.firstFailure
                gap = answer.uid == nil ? Gap.absent : Gap.known
            } catch {
                answer.problem = "\(error)"
                gap = failureGap
                failureGap = min(failureGap * 2, Gap.lastFailure)
            }
            let isNews = state.withLock { state in
                defer { state.answer = answer }
                return !state.isStopped && state.answer != answer
            }
            if isNews { report(answer) }
            rest(until: .now + gap, isKnown: answer.uid != nil)
        }
    }

    /// Waits until the user is to be looked up again.
    private func rest(until due: ContinuousClock.Instant, isKnown: Bool) {
        while due > .now {
            // A known user needs no look-up at the next tunnel device.
            let sources: [any EventSource] = isKnown ? [wake] : [wake, links]
            guard let news = try? waitForNews(from: sources, until: due) else {
                // Only for want of memory: no rest means one more look-up, after the shortest of pauses.
                _ = try? waitForNews(from: [], until: .now + Gap.firstFailure)
                return
            }
            if news[0] { wake.drain() }
            let isAsked = state.withLock { exchange(&$0.isAsked, with: false) || $0.isStopped }
            let hasTunnel =
                !isKnown && news[1]
                && links.drain().contains {
                    if case .present(_, isTunnelDevice: true) = $0 { true } else { $0 == .lost }
                }
            if isAsked || hasTunnel { return }
        }
    }
}
