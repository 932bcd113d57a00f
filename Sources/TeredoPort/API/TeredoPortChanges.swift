// SPDX-License-Identifier: Apache-2.0

/// The changes of the Teredo port, for one loop. Registered from the moment it is made until it is let go.
///
/// A loop that lags behind misses states in between, but never the last one, nor one that a call has answered.
public struct TeredoPortChanges: AsyncSequence, Sendable {
    public typealias Element = TeredoPortEvent
    public typealias Failure = Never

    private let observer: PortObserver
    private let registration: TeredoRegistration
    private let wakes: AsyncStream<Void>

    init(of observer: PortObserver, initial: Bool) throws(TeredoError) {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.observer = observer
        self.wakes = wakes
        registration = try observer.followBySignal(initial: initial) { wake.yield() }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(observer: observer, registration: registration, wakes: wakes.makeAsyncIterator())
    }

    /// Walks through the changes.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let observer: PortObserver
        // Keeps the registration alive for as long as the loop runs.
        fileprivate let registration: TeredoRegistration
        fileprivate var wakes: AsyncStream<Void>.Iterator

        /// The next change; nil when the task is cancelled.
        public mutating func next() async -> TeredoPortEvent? {
            while true {
                if let event = observer.takeEvent(registration) { return event }
                guard await wakes.next(isolation: #isolation) != nil else { return nil }
            }
        }
    }
}
