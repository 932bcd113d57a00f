// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// A client's connection to the daemon. Calls block, up to the deadline that the caller gives.
struct ClientSession: ~Copyable {
    struct Answer<Parameters: Decodable> {
        let parameters: Parameters
        /// True when further answers to the same call follow.
        let continues: Bool
    }

    /// The maximum length of an answer in bytes. It limits the memory used, in case an answer does not end.
    private static let longestAnswer = 16 << 20

    private let connection: UnixConnection
    private var input = FrameBuffer(limit: Self.longestAnswer)
    /// The bytes of one read.
    private var scratch = [UInt8](repeating: 0, count: 16 << 10)

    init(path: String, timeout: Duration) throws(ControlError) {
        // The compiler of Swift 6.2 crashes for an initialiser of a noncopyable type that assigns its last property
        // in a throwing expression.
        self.init(try Self.connect(to: path, within: timeout))
    }

    private init(_ connection: consuming UnixConnection) { self.connection = connection }

    private static func connect(
        to path: String, within timeout: Duration
    ) throws(ControlError) -> UnixConnection {
        do { return try UnixConnection.connect(to: path, within: timeout) } catch {
            throw error.wouldBlock ? .timedOut : .unreachable(error)
        }
    }

    /// Sends all bytes of a frame.
    func send(_ frame: [UInt8], until deadline: ContinuousClock.Instant) throws(ControlError) {
        var rest = frame[...]
        while true {
            do { rest = rest.dropFirst(try connection.send(rest)) } catch { throw .unreachable(error) }
            if rest.isEmpty { return }
            try wait(for: .writable, until: deadline)
        }
    }

    /// The next answer; a `deadline` of nil means no limit. If the answer is a varlink error, throws that.
    mutating func receive<Parameters: Decodable>(
        until deadline: ContinuousClock.Instant?
    ) throws(ControlError) -> Answer<Parameters> {
        let frame = try nextFrame(until: deadline)
        do {
            let head = try JSON.decode(Head.self, from: frame)
            if let error = head.error {
                let parameters = try JSON.decode(Body<RefusalParameters>.self, from: frame).parameters
                throw ControlError(name: error, parameters: parameters ?? RefusalParameters())
            }
            let body = try JSON.decode(Body<Parameters>.self, from: frame)
            guard let parameters = body.parameters else {
                throw ControlError.broken(reason: "the answer of teredowalld has no parameters")
            }
            return Answer(parameters: parameters, continues: head.continues ?? false)
        } catch let error as ControlError {
            throw error
        } catch {
            throw .broken(reason: "cannot read the answer of teredowalld: \(error)")
        }
    }

    private mutating func nextFrame(until deadline: ContinuousClock.Instant?) throws(ControlError) -> [UInt8]
    {
        while true {
            do { if let frame = try input.next() { return frame } } catch {
                throw .broken(
                    reason: "the answer of teredowalld is longer than \(Self.longestAnswer >> 20) MiB")
            }
            let received: UnixConnection.Received
            do { received = try connection.receive(into: &scratch) } catch { throw .unreachable(error) }
            switch received {
            case .bytes(let count): input.append(scratch[..<count])
            case .end: throw .broken(reason: "teredowalld closed the connection without an answer")
            case .nothing: try wait(for: .readable, until: deadline)
            }
        }
    }

    private func wait(
        for interest: EventQueue.Interest, until deadline: ContinuousClock.Instant?
    ) throws(ControlError) {
        let ready: Bool
        do { ready = try connection.wait(for: interest, until: deadline) } catch { throw .unreachable(error) }
        if !ready { throw .timedOut }
    }

    private struct Head: Decodable {
        let error: String?
        let continues: Bool?
    }

    private struct Body<Parameters: Decodable>: Decodable {
        let parameters: Parameters?
    }
}
