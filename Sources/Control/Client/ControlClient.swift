// SPDX-License-Identifier: GPL-2.0-or-later

/// Calls the daemon. Each call opens a connection and blocks the thread, up to its time limit.
public struct ControlClient: Sendable {
    private let path: String
    private let timeout: Duration
    private let connectTimeout: Duration

    /// - Parameters:
    ///   - path: The control socket.
    ///   - timeout: The time limit for an answer, once connected.
    ///   - connectTimeout: The time limit for connecting, in case the daemon does not accept connections.
    public init(
        path: String, timeout: Duration = .seconds(10), connectTimeout: Duration = .seconds(1)
    ) {
        self.path = path
        self.timeout = timeout
        self.connectTimeout = connectTimeout
    }

    /// The state of the daemon, its client and its exceptions.
    public func status() throws(ControlError) -> Status { try call("GetStatus") }

    /// The client's service port.
    public func port() throws(ControlError) -> PortState { try call("GetPort") }

    /// The changes that the daemon would make to the present ruleset. For root only.
    public func plan() throws(ControlError) -> PlanText { try call("Plan") }

    /// Makes the daemon examine the client and the ruleset again, and returns after that. `interface` is the one that
    /// came up or went down; nil for all. For root only.
    public func rescan(interface: String? = nil) throws(ControlError) {
        let _: Reply.Nothing = try call("Rescan", Rescan(interface: interface))
    }

    /// Passes the present port and then every change to `body`, until `body` returns false. Waits for changes
    /// without a time limit. Throws when the daemon ends.
    public func subscribe(_ body: (PortChange) -> Bool) throws(ControlError) {
        var session = try ClientSession(path: path, timeout: connectTimeout)
        let deadline = ContinuousClock.now + timeout
        try session.send(Self.call("Subscribe", Reply.Nothing(), more: true), until: deadline)
        var answer: ClientSession.Answer<PortChange> = try session.receive(until: deadline)
        while body(answer.parameters) && answer.continues {
            answer = try session.receive(until: nil)
        }
    }

    private func call<Answer: Decodable>(
        _ method: String, _ parameters: some Encodable = Reply.Nothing()
    ) throws(ControlError) -> Answer {
        var session = try ClientSession(path: path, timeout: connectTimeout)
        let deadline = ContinuousClock.now + timeout
        try session.send(Self.call(method, parameters), until: deadline)
        let answer: ClientSession.Answer<Answer> = try session.receive(until: deadline)
        return answer.parameters
    }

    private struct Rescan: Encodable {
        let interface: String?
    }

    private struct Call<Parameters: Encodable>: Encodable {
        let method: String
        let parameters: Parameters
        let more: Bool?
    }

    /// The frame of a call.
    private static func call(
        _ method: String, _ parameters: some Encodable, more: Bool? = nil
    ) -> [UInt8] {
        let name = "\(Interfaces.exceptionsName).\(method)"
        do {
            return try JSON.encode(Call(method: name, parameters: parameters, more: more)) + [0]
        } catch {
            // JSON cannot represent infinity and NaN, which no call contains.
            fatalError("cannot encode a call: \(error)")
        }
    }
}
