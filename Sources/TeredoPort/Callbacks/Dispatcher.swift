// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The one thread that runs callbacks, one after the other. It exists while there are receivers.
///
/// No lock is held during a callback. A receiver that is scheduled again before its turn gets one turn, so
/// that a slow one gets the newest state instead of all states.
package final class Dispatcher: Sendable {
    /// Identifies a receiver; never reused.
    typealias ID = UInt64
    typealias Deliver = @Sendable (ID) -> Void

    private struct State: Sendable {
        var lastID: ID = 0
        var receivers: [ID: Deliver] = [:]
        var queue: [Turn] = []
        /// The receivers whose callbacks are running, the innermost last: a callback may make a registration,
        /// whose first call then runs inside that callback.
        var running: [ID] = []
        /// The thread that handles a turn; nil between turns.
        var runner: ThreadIdentity?
        var thread: WorkerThread?
        /// The number of the present thread. A thread with another number ends.
        var epoch = 0

        /// A new ID, which also differs from those of all parent processes.
        mutating func nextID() throws(SystemError) -> ID {
            // Each generation of the process has 2^40 IDs of its own.
            if lastID == 0 { lastID = try ProcessGeneration.current.number << 40 }
            lastID += 1
            return lastID
        }

        mutating func remove(_ id: ID) {
            receivers[id] = nil
            queue.removeAll { $0.receiver == id }
        }
    }

    /// An entry of the queue.
    private enum Turn: Sendable {
        case deliver(ID)
        case work(@Sendable () -> Void)

        var receiver: ID? { if case .deliver(let id) = self { id } else { nil } }
    }

    private let state = Monitor(State())

    package init() {}

    /// A new ID for an object without a callback that is cancelled like a receiver.
    func reserveID() throws(SystemError) -> ID {
        try state.withLock { (state) throws(SystemError) in try state.nextID() }
    }

    /// Adds a receiver. `deliver` is called on the dispatcher's thread after each ``schedule(_:)``.
    func addReceiver(_ deliver: @escaping Deliver) throws(SystemError) -> ID {
        try state.withLock { (state) throws(SystemError) in
            let id = try state.nextID()
            if state.thread == nil {
                state.epoch += 1
                let epoch = state.epoch
                state.thread = try WorkerThread(name: "teredo-callback") { self.serve(epoch) }
            }
            state.receivers[id] = deliver
            return id
        }
    }

    /// Gives each of the receivers a turn.
    func schedule(_ ids: some Sequence<ID>) {
        state.withLock { state in
            var waiting = Set(state.queue.compactMap(\.receiver))
            for id in ids where state.receivers[id] != nil && waiting.insert(id).inserted {
                state.queue.append(.deliver(id))
            }
        }
    }

    /// On the dispatcher's thread, which cannot wait for a turn, calls the receiver at once. Returns false on
    /// other threads.
    func deliverIfOnOwnThread(_ id: ID) -> Bool {
        let deliver: Deliver? = state.withLock { state in
            guard state.runner == .current, let deliver = state.receivers[id] else { return nil }
            state.running.append(id)
            return deliver
        }
        guard let deliver else { return false }
        deliver(id)
        state.withLock { state in _ = state.running.popLast() }
        return true
    }

    /// Removes a receiver and waits for its callback in progress: afterwards none runs and none will start.
    /// If another thread has removed the receiver, also waits for the callback, then throws
    /// ``TeredoError/invalidHandle``.
    func removeAndWait(_ id: ID) throws(TeredoError) {
        let (wasThere, ended) = try state.withLock { (state) throws(TeredoError) -> (Bool, WorkerThread?) in
            if state.runner == .current && state.running.contains(id) { throw .possibleDeadlock }
            guard state.receivers[id] != nil else { return (false, nil) }
            state.remove(id)
            // With other receivers, the thread goes on. If only a callback or other work remains, the thread
            // ends by itself afterwards.
            guard state.receivers.isEmpty, state.queue.isEmpty, state.runner == nil else {
                return (true, nil)
            }
            state.epoch += 1
            return (true, state.thread.take())
        }
        ended?.join()
        // On the dispatcher's own thread, the receiver's callback is not in progress, as was checked above.
        let isRunner = state.withLock { $0.runner == .current }
        if !isRunner { state.wait { $0.running.contains(id) ? nil : () } }
        if !wasThere { throw .invalidHandle }
    }

    /// Removes a receiver without waiting, and runs `cleanUp` on the dispatcher's thread later. Does nothing if
    /// the receiver was removed before.
    func removeWithoutWaiting(_ id: ID, cleanUp: @escaping @Sendable () -> Void) {
        state.withLock { state in
            guard state.receivers[id] != nil else { return }
            state.queue.append(.work(cleanUp))
            state.remove(id)
        }
    }

    private func serve(_ epoch: Int) {
        while let call = nextCall(epoch) {
            switch call {
            case .deliver(let id, let deliver): deliver(id)
            case .work(let work): work()
            }
            state.withLock { state in
                state.running.removeAll()
                state.runner = nil
            }
        }
    }

    /// The function to call in a turn.
    private enum Call {
        case deliver(ID, Deliver)
        case work(@Sendable () -> Void)
    }

    /// Waits for the next turn and returns its call; returns nil when the thread is to end.
    private func nextCall(_ epoch: Int) -> Call? {
        // In this closure, nil means to go on waiting, and .some(nil) that the thread is to end.
        state.wait { state -> Call?? in
            guard state.epoch == epoch else { return .some(nil) }
            // An earlier thread may still be in its last callback.
            guard state.runner == nil else { return nil }
            guard !state.queue.isEmpty else {
                guard state.receivers.isEmpty else { return nil }
                state.thread = nil
                state.epoch += 1
                return .some(nil)
            }
            state.runner = .current
            switch state.queue.removeFirst() {
            case .work(let work): return .work(work)
            case .deliver(let id):
                guard let deliver = state.receivers[id] else { fatalError("a removed receiver has a turn") }
                state.running = [id]
                return .deliver(id, deliver)
            }
        }
    }
}
