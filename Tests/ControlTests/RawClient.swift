// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Synchronization

@testable import Control

/// A client that sends whatever a test likes, frame or not.
final class RawClient: Sendable {
    private let socket: UnixConnection
    private let input = Mutex(FrameBuffer(limit: 16 << 20))

    init(_ path: String) throws {
        socket = try UnixConnection.connect(to: path, within: .seconds(30))
    }

    /// Sends a call, or what should be one.
    func call(_ text: String) async throws { try await send(Array(text.utf8) + [0]) }

    /// Throws when the server has hung up.
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

    /// Sends what the kernel takes at once and returns how much that is.
    func sendSome(_ bytes: [UInt8]) throws -> Int { try socket.send(bytes[...]) }

    /// The next frame as text; nil when the server has hung up.
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

    /// Being thrown out with unread requests looks like an error to the one who sent them.
    private func received(_ scratch: inout [UInt8]) throws -> UnixConnection.Received {
        do {
            return try socket.receive(into: &scratch)
        } catch  where error.isHangUp {
            return .end
        }
    }
}

extension SystemError {
    /// EPIPE or ECONNRESET.
    var isHangUp: Bool { code == 32 || code == 104 }
}
