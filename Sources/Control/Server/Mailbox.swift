// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import Synchronization

/// Messages from other threads to the server loop.
final class Mailbox: Sendable {
    enum Message: Sendable {
        /// The answer to a client's call; `frame` is nil for a one-way call.
        case answer(ServerLoop.Call, frame: [UInt8]?)
        /// A change of the port, for the subscribers.
        case change(PortChange)
        /// No further changes will come: the port is no longer followed.
        case changesEnded
        /// The loop is to end, with all connections.
        case stop
    }

    /// The queue at which the loop waits for messages and connections.
    let queue: EventQueue
    private let messages = Mutex<[Message]>([])

    init() throws(SystemError) { queue = try EventQueue() }

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        queue.wake()
    }

    /// Removes and returns all messages.
    func take() -> [Message] { messages.withLock { exchange(&$0, with: []) } }
}
