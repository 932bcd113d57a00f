// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

extension ServerLoop {
    func answer(_ request: Request, of client: ClientConnection) throws(ClientConnection.End) {
        switch permitted(request, client) {
        case .failure(let refusal):
            if !request.oneway { try client.send(Reply.failure(refusal)) }
        case .success(.getInfo):
            if !request.oneway { try client.send(Reply.success(information)) }
        case .success(.getInterfaceDescription(let description)):
            if !request.oneway { try client.send(Reply.success(description)) }
        case .success(.subscribe):
            try subscribe(client)
        case .success(let method):
            let caller = CallQueue.Caller(client: client.token, user: client.peer.userID)
            let call = Call(caller: caller, method: method, oneway: request.oneway)
            if calls.begin(caller, in: method.lane) {
                client.state = .calling
                startCall(call)
            } else {
                client.state = .waiting(call)
            }
        }
    }

    func handle(_ message: Mailbox.Message) {
        switch message {
        case .stop: stop()
        case .answer(let call, let frame): finish(call, with: frame)
        case .change(let change):
            // Clients that subscribed before the first change get it as their initial state.
            let message = latest == nil ? change.asInitial : change
            latest = change.asInitial
            send(Reply.success(message, continues: true), to: subscribers)
        case .changesEnded:
            changesEnded = true
            let subscribers = subscribers
            for client in subscribers { client.state = .listening }
            send(Reply.failure(Self.noChanges), to: subscribers)
        }
    }

    private static let noChanges = Refusal.notReady(reason: "the port is not followed")

    private func permitted(_ request: Request, _ client: ClientConnection) -> Result<Request.Method, Refusal>
    {
        if case .success(let method) = request.method, method.isForRoot, !client.peer.isRoot {
            return .failure(.notPermitted(method: request.name, user: client.peer.userID))
        }
        return request.method
    }

    private func subscribe(_ client: ClientConnection) throws(ClientConnection.End) {
        if changesEnded { return try client.send(Reply.failure(Self.noChanges)) }
        client.state = .subscribed
        if let latest { try client.send(Reply.success(latest, continues: true)) }
    }

    private func finish(_ call: Call, with frame: [UInt8]?) {
        if let client = client(call.caller.client) {
            client.state = .listening
            serve(client) { () throws(ClientConnection.End) in if let frame { try client.send(frame) } }
        }
        if let next = calls.end(of: call.caller.user, in: call.method.lane).flatMap(client),
            case .waiting(let call) = next.state
        {
            next.state = .calling
            startCall(call)
        }
    }

    private func send(_ frame: [UInt8], to clients: [ClientConnection]) {
        for client in clients {
            serve(client) { () throws(ClientConnection.End) in try client.send(frame) }
        }
    }
}
