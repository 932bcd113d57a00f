// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// One client of the server loop.
final class ClientConnection {
    /// The reason for closing a connection.
    enum End: Error {
        case hungUp
        case requestTooLong
        case notVarlink
        case readsTooSlowly
        /// The limit of buffered bytes was reached, and this client had the most.
        case buffersMost
        case failed(SystemError)

        /// The text for the log; nil for an ordinary reason.
        var notice: String? {
            switch self {
            case .hungUp: nil
            case .requestTooLong: "its request is too long"
            case .notVarlink: "it does not speak varlink"
            case .readsTooSlowly: "it does not read what it asked for"
            case .buffersMost: "clients have too many bytes unread, and it has the most"
            case .failed(let error): error.description
            }
        }
    }

    /// The state of the client, which has one call at a time, because answers must be sent in the order of
    /// requests.
    enum State {
        /// Its next request is read when it arrives.
        case listening
        /// Its call waits for others.
        case waiting(ServerLoop.Call)
        /// The handler answers its call.
        case calling
        /// Its user sends requests too fast: the next one is read later.
        case delayed
        /// It receives changes of the port until it disconnects.
        case subscribed
    }

    let token: UInt64
    let peer: PeerCredentials
    var state = State.listening
    /// True when its next request has been counted for the rate limit of its user.
    var hasReserved = false
    /// Its share of the bytes that the loop counts as buffered.
    var accounted = 0
    /// The events that the queue watches for at present.
    var watchedFor: EventQueue.Interest = .readable

    private let socket: UnixConnection
    private let limits: Limits
    private var input: FrameBuffer
    private var output: [UInt8] = []
    private var sent = 0
    private var inputEnded = false

    init(_ socket: consuming UnixConnection, peer: PeerCredentials, token: UInt64, limits: Limits) {
        self.socket = socket
        self.peer = peer
        self.token = token
        self.limits = limits
        input = FrameBuffer(limit: limits.frame)
    }

    /// True when the next request may be read.
    var isListening: Bool { if case .listening = state { output.isEmpty } else { false } }

    var isSubscribed: Bool { if case .subscribed = state { true } else { false } }

    /// The number of bytes buffered for this client.
    var buffered: Int { input.count + output.count }

    /// The events to watch for. No request is read while the client waits for an answer or has not yet read it:
    /// this bounds the bytes that are buffered for the client.
    var interest: EventQueue.Interest {
        if !output.isEmpty { return .writable }
        if isListening, !inputEnded { return .readable }
        return []
    }

    /// Reads what has arrived, at most as many bytes as `buffer` has; its contents are overwritten.
    func receive(using buffer: inout [UInt8]) throws(End) {
        do {
            switch try socket.receive(into: &buffer) {
            case .bytes(let count): input.append(buffer[..<count])
            case .nothing: break
            case .end: inputEnded = true
            }
        } catch {
            throw .hungUp
        }
    }

    /// The next request if it may be read; nil if there is none. Throws when the client has disconnected, or has sent
    /// something that is too long or not a varlink request.
    func nextRequest() throws(End) -> Request? {
        guard isListening else { return nil }
        let frame: [UInt8]?
        do { frame = try input.next() } catch { throw .requestTooLong }
        guard let frame else {
            if inputEnded { throw .hungUp }
            return nil
        }
        do { return try Request(frame: frame) } catch { throw .notVarlink }
    }

    /// Queues a frame and sends as much as the other end takes now.
    func send(_ frame: [UInt8]) throws(End) {
        if output.isEmpty {
            output = frame
        } else {
            output.removeFirst(sent)
            output.append(contentsOf: frame)
        }
        sent = 0
        try flush()
        let limit = if case .subscribed = state { limits.unsentChanges } else { limits.unsentAnswer }
        if output.count - sent > limit { throw .readsTooSlowly }
    }

    /// Continues sending.
    func flush() throws(End) {
        do {
            while sent < output.count {
                let count = try socket.send(output[sent...])
                if count == 0 { return }
                sent += count
            }
        } catch {
            throw .hungUp
        }
        output = []
        sent = 0
    }

    /// Adds the connection to the queue.
    func join(_ queue: EventQueue) throws(SystemError) {
        try queue.add(socket, token: token, interest: watchedFor)
    }

    /// Updates the events that the queue watches for.
    func updateInterest(in queue: EventQueue) throws(SystemError) {
        let wanted = interest
        if wanted == watchedFor { return }
        try queue.change(socket, token: token, interest: wanted)
        watchedFor = wanted
    }
}
