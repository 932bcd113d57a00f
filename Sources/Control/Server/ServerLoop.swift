// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Serves all clients on the one thread that runs it. Calls that take time are passed on as ``Call``.
final class ServerLoop {
    /// A client's call for the handler.
    struct Call: Sendable {
        let caller: CallQueue.Caller
        let method: Request.Method
        let oneway: Bool
    }

    private static let listenerToken: UInt64 = 0

    private let listener: UnixListener
    private let mailbox: Mailbox
    private let limits: Limits
    private var log: ThrottledLog

    private var clients: [UInt64: ClientConnection] = [:]
    private var nextToken: UInt64 = 1
    /// The number of bytes buffered for all clients.
    private var buffered = 0
    private var scratch = [UInt8](repeating: 0, count: 16 << 10)
    /// True while no connections are accepted, because descriptors are short.
    private var listenerPaused = false
    /// Clients whose users send requests too fast, and the times at which they continue.
    private var delayed: [(client: UInt64, until: ContinuousClock.Instant)] = []
    private var pace: Pace
    private var stopped = false

    let information: ServiceInfo
    let startCall: (Call) -> Void
    var calls: CallQueue
    /// The state for new subscribers; nil before the first change.
    var latest: PortChange?
    var changesEnded = false

    init(
        listener: consuming UnixListener, mailbox: Mailbox, limits: Limits, information: ServiceInfo,
        log: @escaping @Sendable (String) -> Void, startCall: @escaping (Call) -> Void
    ) {
        self.listener = listener
        self.mailbox = mailbox
        self.limits = limits
        self.information = information
        self.log = ThrottledLog(log)
        self.startCall = startCall
        calls = CallQueue(limit: limits.concurrentCalls)
        pace = Pace(burst: limits.requestsAtOnce, interval: .seconds(1) / limits.requestsPerSecond)
    }

    /// Blocks until the mailbox has `stop`; all connections then end.
    func run() throws(SystemError) {
        try mailbox.queue.add(listener, token: Self.listenerToken)
        while !stopped {
            let events = try mailbox.queue.wait(timeout: timeout)
            if listenerPaused { pauseListener(false) }
            endDelays()
            for event in events { handle(event) }
            for message in mailbox.take() { handle(message) }
        }
    }

    var subscribers: [ClientConnection] { clients.values.filter(\.isSubscribed) }

    func client(_ token: UInt64) -> ClientConnection? { clients[token] }

    func stop() { stopped = true }

    /// Performs `step`, then everything that the client can do next.
    func serve(_ client: ClientConnection, _ step: () throws(ClientConnection.End) -> Void) {
        do throws(ClientConnection.End) {
            try step()
            while let request = try nextRequest(of: client) { try answer(request, of: client) }
            buffered += client.buffered - client.accounted
            client.accounted = client.buffered
            do throws(SystemError) {
                try client.updateInterest(in: mailbox.queue)
            } catch {
                throw .failed(error)
            }
        } catch {
            drop(client, error)
        }
        while buffered > limits.buffered,
            let greediest = clients.values.max(by: { $0.accounted < $1.accounted })
        {
            drop(greediest, .buffersMost)
        }
    }

    /// The client's next request, if there is one and the rate limit permits it.
    private func nextRequest(of client: ClientConnection) throws(ClientConnection.End) -> Request? {
        guard client.isListening else { return nil }
        if !client.peer.isRoot && !client.hasReserved {
            client.hasReserved = true
            let start = pace.reserve(for: client.peer.userID, at: .now)
            if start > .now {
                client.state = .delayed
                delayed.append((client.token, start))
                return nil
            }
        }
        let request = try client.nextRequest()
        if request != nil { client.hasReserved = false }
        return request
    }

    /// Reads the next requests of clients whose delay has ended.
    private func endDelays() {
        let now = ContinuousClock.now
        let due = delayed.filter { $0.until <= now }
        if due.isEmpty { return }
        delayed.removeAll { $0.until <= now }
        for client in due.compactMap({ clients[$0.client] }) {
            client.state = .listening
            serve(client) {}
        }
    }

    /// The time until the next client continues or the listener is tried again; nil if there is nothing to
    /// wait for but events.
    private var timeout: Duration? {
        let delay = delayed.map(\.until).min().map { max(.zero, $0 - .now) }
        return listenerPaused ? min(delay ?? .seconds(1), .seconds(1)) : delay
    }

    private func drop(_ client: ClientConnection, _ end: ClientConnection.End) {
        guard clients.removeValue(forKey: client.token) != nil else { return }
        buffered -= client.accounted
        calls.forget(client.token)
        if let notice = end.notice { log("disconnected \(client.peer): \(notice)") }
    }

    private func handle(_ event: EventQueue.Event) {
        switch event.token {
        case EventQueue.wakeToken: break
        case Self.listenerToken: acceptSome()
        default:
            guard let client = clients[event.token] else { return }
            serve(client) { () throws(ClientConnection.End) in
                // The request of a client that has already disconnected is still served, for one-way calls.
                if event.hungUp && !event.ready.contains(.readable) { throw .hungUp }
                if event.ready.contains(.writable) { try client.flush() }
                if event.ready.contains(.readable) { try client.receive(using: &scratch) }
            }
        }
    }

    /// Accepts a few connections at a time, so that connected clients are not delayed.
    private func acceptSome() {
        for _ in 0..<16 {
            do throws(SystemError) {
                guard let socket = try listener.accept() else { return }
                let peer = try socket.peer
                let room = limits.clients - (peer.isRoot ? 0 : limits.reservedForRoot)
                if clients.count >= room {
                    log("refused \(peer): \(clients.count) clients are connected")
                    continue
                }
                if !peer.isRoot && pace.isExhausted(for: peer.userID, at: .now) {
                    log("refused \(peer): this user calls too often")
                    continue
                }
                let client = ClientConnection(socket, peer: peer, token: nextToken, limits: limits)
                try client.join(mailbox.queue)
                clients[nextToken] = client
                nextToken += 1
            } catch {
                log(error.description)
                pauseListener(true)
                return
            }
        }
    }

    /// Stops or resumes accepting connections. Without free descriptors, accepting would fail again and
    /// again.
    private func pauseListener(_ pause: Bool) {
        do throws(SystemError) {
            try mailbox.queue.change(listener, token: Self.listenerToken, interest: pause ? [] : .readable)
            listenerPaused = pause
        } catch {
            log(error.description)
        }
    }
}
