// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Synchronization

@testable import Control

/// A client that sends arbitrary bytes.
final class RawClient: Sendable {
    private let socket: UnixConnection
    /// What has arrived. No answer in these tests is as long as the limit.
    private let input = Mutex(FrameBuffer(limit: 16 << 20))

    init(_ path: String) throws {
        socket = try UnixConnection.connect(to: path, within: .seconds(30))
    }

    /// Sends a call, possibly a malformed one.
    func call(_ text: String) async throws { try await send(Array(text.utf8) + [0]) }

    /// Sends all of the bytes. Throws when the server has disconnected.
    func send(_ bytes: [UInt8]) async throws {
        try await blocking { [self] in
            var rest = bytes[...]
            while !rest.isEmpty {
                rest = rest.dropFirst(try socket.send(rest))
                if rest.isEmpty { return }
                if try !socket.wait(for: .writable, until: .now + .seconds(30)) {
                    throw ControlError.timedOut
                }
            }
        }
    }

    /// Sends as many bytes as fit into the socket's buffer, and returns their number.
    func sendSome(_ bytes: [UInt8]) throws -> Int { try socket.send(bytes[...]) }

    /// The next frame as text; nil when the server has disconnected.
    func answer() async throws -> String? {
        try await blocking { [self] in
            var scratch = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                if let frame = try input.withLock({ try $0.next() }) {
                    return String(decoding: frame, as: UTF8.self)
                }
                switch try received(&scratch) {
                case .bytes(let count): input.withLock { $0.append(scratch[..<count]) }
                case .end: return nil
                case .nothing:
                    if try !socket.wait(for: .readable, until: .now + .seconds(30)) {
                        throw ControlError.timedOut
                    }
                }
            }
        }
    }

    /// Reads what has arrived. If the server has disconnected without reading all requests, the kernel
    /// reports an error, which counts as the end.
    private func received(_ scratch: inout [UInt8]) throws(SystemError) -> UnixConnection.Received {
        do { return try socket.receive(into: &scratch) } catch {
            guard error.isHangUp else { throw error }
            return .end
        }
    }
}

extension SystemError {
    /// True for EPIPE and ECONNRESET.
    var isHangUp: Bool { code == 32 || code == 104 }
}
