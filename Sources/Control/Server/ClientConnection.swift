// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// One client, as the server loop sees it.
final class ClientConnection {
    /// The reason for closing a connection from our side.
    enum End: Error {
        case hungUp
        case requestTooLong
        case notVarlink
        case readsTooSlowly
        /// The buffers were full, and this client had the most bytes waiting.
        case gaveWay
        case failed(SystemError)

        /// Text for the log; nil for an ordinary reason.
        var notice: String? {
            switch self {
            case .hungUp: nil
            case .requestTooLong: "its request is too long"
            case .notVarlink: "it does not speak varlink"
            case .readsTooSlowly: "it does not read what it asked for"
            case .gaveWay: "clients have too many bytes waiting, and it has the most"
            case .failed(let error): error.description
            }
        }
    }

    /// Answers go out in the order of the questions, so a client has one at a time.
    enum Turn {
        case listening
        /// Its call waits until others are done.
        case waiting(ServerLoop.Call)
        case calling
        /// Its user asks too fast: the next request is read later.
        case resting
        /// It follows the port until it disconnects.
        case subscribed
    }

    let token: UInt64
    let peer: PeerCredentials
    var turn = Turn.listening
    /// True once its next request has been counted against its user's rate limit.
    var hasReserved = false
    /// Its share of the bytes that the loop counts.
    var accounted = 0
    /// The events that the queue watches it for at present.
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

    /// True when its next request may be read.
    var isListening: Bool { if case .listening = turn { output.isEmpty } else { false } }

    var isSubscribed: Bool { if case .subscribed = turn { true } else { false } }

    /// The memory that its unfinished business takes.
    var buffered: Int { input.count + output.count }

    /// What it has to be watched for. While it has an answer to come or to read, nothing is taken from it: that
    /// is all the back pressure it needs.
    var interest: EventQueue.Interest {
        if !output.isEmpty { return .writable }
        if isListening, !inputEnded { return .readable }
        return []
    }

    /// Takes in what has arrived, at most one buffer full.
    func receive(by buffer: inout [UInt8]) throws(End) {
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

    /// The next request, if it is time for one. Throws when the client is done or talks nonsense.
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

    /// Sends a frame, or as much as the other end takes for now.
    func send(_ frame: [UInt8]) throws(End) {
        if output.isEmpty {
            output = frame
        } else {
            output.removeFirst(sent)
            output.append(contentsOf: frame)
        }
        sent = 0
        try flush()
        let limit = if case .subscribed = turn { limits.unsentChanges } else { limits.unsentAnswer }
        if output.count - sent > limit { throw .readsTooSlowly }
    }

    /// Sends on where it stopped.
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

    /// Begins to be watched.
    func join(_ queue: EventQueue) throws(SystemError) {
        try queue.add(socket, token: token, interest: watchedFor)
    }

    /// Makes the queue watch for what matters now.
    func updateInterest(in queue: EventQueue) throws(SystemError) {
        let wanted = interest
        if wanted == watchedFor { return }
        try queue.change(socket, token: token, interest: wanted)
        watchedFor = wanted
    }
}
