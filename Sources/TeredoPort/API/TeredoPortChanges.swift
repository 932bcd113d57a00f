// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The changes of the Teredo port, for one loop. Registered from the moment it is made until it is let go.
///
/// A loop that lags behind misses states in between, never the last one.
public struct TeredoPortChanges: AsyncSequence, Sendable {
    public typealias Element = TeredoPortEvent
    public typealias Failure = Never

    private let registration: TeredoRegistration
    private let port: Monitor<UInt16?>
    private let wakes: AsyncStream<Void>
    private let initial: Bool

    init(of observer: PortObserver, initial: Bool) throws(TeredoError) {
        let port = Monitor<UInt16?>(nil)
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.port = port
        self.wakes = wakes
        self.initial = initial
        registration = try observer.follow(initial: false) { event in
            let now: UInt16? =
                switch event {
                case .started(let port), .changed(let port): port
                case .stopped, .initial: nil
                }
            port.withLock { $0 = now }
            wake.yield()
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(
            registration: registration, port: port, wakes: wakes.makeAsyncIterator(), awaitsInitial: initial,
            told: registration.initialPort)
    }

    /// Walks through the changes.
    public struct Iterator: AsyncIteratorProtocol {
        // Keeps the registration alive for as long as the loop runs.
        private let registration: TeredoRegistration
        private let port: Monitor<UInt16?>
        private var wakes: AsyncStream<Void>.Iterator
        private var awaitsInitial: Bool
        private var told: UInt16?

        fileprivate init(
            registration: TeredoRegistration, port: Monitor<UInt16?>, wakes: AsyncStream<Void>.Iterator,
            awaitsInitial: Bool, told: UInt16?
        ) {
            self.registration = registration
            self.port = port
            self.wakes = wakes
            self.awaitsInitial = awaitsInitial
            self.told = told
        }

        /// The next change; nil when the task is cancelled.
        public mutating func next() async -> TeredoPortEvent? {
            if awaitsInitial {
                awaitsInitial = false
                return .initial
            }
            while await wakes.next(isolation: #isolation) != nil {
                let now = port.withLock { $0 }
                guard let event = TeredoPortEvent(from: told, to: now) else { continue }
                told = now
                return event
            }
            return nil
        }
    }
}
