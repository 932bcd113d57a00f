// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The ID of the client's user, looked up on a thread of its own: the user database may be a directory on the
/// network, which may be slow or never answer.
///
/// The client's package may add the user later, or with another ID. The lookup is therefore repeated at
/// intervals and, while there is no such user, when a tunnel device appears, which a client makes when it
/// starts.
final class ClientUser: Sendable {
    /// The result of lookups. If the newest one failed, `problem` has the reason and `uid` the last known ID.
    struct Answer: Hashable, Sendable {
        var uid: UInt32?
        var problem: String?
    }

    /// The intervals between lookups.
    private enum Gap {
        static let afterUserFound = Duration.seconds(600)
        static let afterNoUser = Duration.seconds(60)
        static let afterFirstFailure = Duration.milliseconds(250)
        /// The interval doubles with each further failure, up to this.
        static let longestAfterFailures = Duration.seconds(60)
    }

    private struct State: Sendable {
        var answer: Answer?
        var hasBegun = false
        var isLookupRequested = false
        var isStopped = false
    }

    let name: String
    private let wake: WakeUp
    private let links: LinkEvents
    private let state = Monitor(State())
    private let lookUp: @Sendable () throws -> UInt32?
    private let report: @Sendable (Answer) -> Void

    /// Starts the thread, in the network namespace of the calling thread. The first lookup waits for ``begin()``.
    ///
    /// - Parameters:
    ///   - name: The name or the ID of a user.
    ///   - lookUp: Returns the user's ID, nil when there is no such user, and begins what needs the ID. Called on
    ///     the thread; repeated after a short interval when it throws.
    ///   - report: Called on the thread with every answer that differs from the previous one.
    /// - Throws: ``SystemError`` when descriptors or threads are short.
    init(
        named name: String, lookUp: @escaping @Sendable () throws -> UInt32?,
        report: @escaping @Sendable (Answer) -> Void
    ) throws(SystemError) {
        self.name = name
        self.lookUp = lookUp
        self.report = report
        wake = try WakeUp()
        links = try LinkEvents()
        // The closure retains the object until it is stopped. The thread is not joined, since a lookup may
        // hang.
        _ = try WorkerThread(name: "client-user") { [self] in
            state.wait { $0.hasBegun || $0.isStopped ? () : nil }
            run()
        }
    }

    /// Permits the first lookup. An object that is not begun must be stopped, or its thread waits for ever.
    func begin() { state.withLock { $0.hasBegun = true } }

    /// Blocks until the first answer; returns an answer with a problem when there is none within `limit`.
    func firstAnswer(within limit: Duration) -> Answer {
        state.wait(atMost: limit) { $0.answer }
            ?? Answer(uid: nil, problem: "cannot look up the user \(name): no answer yet")
    }

    /// Requests a lookup now, without waiting for it.
    func lookAgain() {
        state.withLock { $0.isLookupRequested = true }
        wake.signal()
    }

    /// Ends the thread once its lookup has returned. After this call has returned, at most one report may still
    /// begin: that of a lookup that returned before the call.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    private func run() {
        var answer = Answer()
        var failureGap = Gap.afterFirstFailure
        while !state.withLock({ $0.isStopped }) {
            let gap: Duration
            do {
                answer = Answer(uid: try lookUp())
                failureGap = Gap.afterFirstFailure
                gap = answer.uid == nil ? Gap.afterNoUser : Gap.afterUserFound
            } catch {
                answer.problem = "\(error)"
                gap = failureGap
                failureGap = min(failureGap * 2, Gap.longestAfterFailures)
            }
            let isChanged = state.withLock { state in
                defer { state.answer = answer }
                return !state.isStopped && state.answer != answer
            }
            if isChanged { report(answer) }
            wait(until: .now + gap, isUserKnown: answer.uid != nil)
        }
    }

    /// Waits until `due`, or until there is an earlier reason for a lookup: a request or, while the user is not
    /// known, a new tunnel device. Also returns when the object is stopped.
    private func wait(until due: ContinuousClock.Instant, isUserKnown: Bool) {
        while due > .now {
            // Once the user is known, a new tunnel device is no reason for a lookup.
            let sources: [any EventSource] = isUserKnown ? [wake] : [wake, links]
            guard let news = try? waitForEvents(from: sources, until: due) else {
                // Waiting fails only for lack of memory; the next lookup then follows after a short pause.
                _ = try? waitForEvents(from: [], until: .now + Gap.afterFirstFailure)
                return
            }
            if news[0] { wake.drain() }
            let (isLookupRequested, isStopped) = state.withLock {
                (exchange(&$0.isLookupRequested, with: false), $0.isStopped)
            }
            // Lost events may have included a new tunnel device.
            let mayHaveTunnel =
                !isUserKnown && news[1]
                && links.drain().contains {
                    if case .present(_, isTunnelDevice: true) = $0 { true } else { $0 == .lost }
                }
            if isLookupRequested || isStopped || mayHaveTunnel { return }
        }
    }
}
