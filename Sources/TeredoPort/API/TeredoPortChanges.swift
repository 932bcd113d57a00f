// SPDX-License-Identifier: Apache-2.0

/// The changes of the Teredo port, for one loop. The registration lasts from the creation of the sequence to
/// its release.
///
/// A slow loop may miss states in between, but never the last one, nor a port that a call in this process
/// has returned.
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

    /// The iterator over the changes.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let observer: PortObserver
        // Retains the registration while the loop runs.
        fileprivate let registration: TeredoRegistration
        fileprivate var wakes: AsyncStream<Void>.Iterator

        /// Waits for the next change; returns nil when the task is cancelled.
        public mutating func next() async -> TeredoPortEvent? {
            while true {
                if let event = observer.takeEvent(registration) { return event }
                guard await wakes.next(isolation: #isolation) != nil else { return nil }
            }
        }
    }
}
