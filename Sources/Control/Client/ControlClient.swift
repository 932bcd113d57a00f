// SPDX-License-Identifier: GPL-2.0-or-later

/// Asks the daemon. Every call makes a connection of its own and blocks the thread, never beyond its deadline.
public struct ControlClient: Sendable {
    private let path: String
    private let timeout: Duration
    private let connectTimeout: Duration

    /// - Parameters:
    ///   - path: The control socket.
    ///   - timeout: How long an answer may take once connected.
    ///   - connectTimeout: How long to wait for a daemon that has stopped accepting.
    public init(
        path: String, timeout: Duration = .seconds(10), connectTimeout: Duration = .seconds(1)
    ) {
        self.path = path
        self.timeout = timeout
        self.connectTimeout = connectTimeout
    }

    public func status() throws(ControlError) -> Status { try call("GetStatus") }

    public func port() throws(ControlError) -> PortState { try call("GetPort") }

    public func plan() throws(ControlError) -> PlanText { try call("Plan") }

    /// Makes the daemon look again, and returns when it has.
    public func rescan(interface: String? = nil) throws(ControlError) {
        let _: Reply.Nothing = try call("Rescan", Rescan(interface: interface))
    }

    /// Hands every change of the port to `body`, the present state first, until that returns false. Waits for
    /// changes without a deadline; returns by throwing when the daemon goes away.
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

    private static func call(
        _ method: String, _ parameters: some Encodable, more: Bool? = nil
    ) throws(ControlError) -> [UInt8] {
        let name = "\(Interfaces.exceptionsName).\(method)"
        do {
            return try JSON.encode(Call(method: name, parameters: parameters, more: more)) + [0]
        } catch {
            throw .broken(reason: "cannot encode the call: \(error)")
        }
    }
}
