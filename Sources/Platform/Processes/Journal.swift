// SPDX-License-Identifier: Apache-2.0

/// systemd's journal, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), for entries with fields.
public struct Journal: ~Copyable, Sendable {
    private static let path = "/run/systemd/journal/socket"
    private let socket: UnixDatagramSocket

    /// Returns nil when standard error is not connected to the journal (`JOURNAL_STREAM` has the device and inode of
    /// the connection), or when no socket can be made.
    public init?() {
        guard let stream = Environment.value(of: "JOURNAL_STREAM"),
            let identity = Files.identity(ofDescriptor: 2),
            stream == "\(identity.device):\(identity.inode)", let socket = try? UnixDatagramSocket()
        else { return nil }
        self.socket = socket
    }

    /// Adds an entry. The names of fields consist of upper-case letters, digits and underscores.
    public func send(_ fields: [(name: String, value: String)]) throws(SystemError) {
        try socket.send(Self.entry(fields), to: Self.path)
    }

    /// The bytes of an entry. A value with a line feed is preceded by its length: eight bytes, little-endian.
    static func entry(_ fields: [(name: String, value: String)]) -> [UInt8] {
        fields.flatMap { name, value -> [UInt8] in
            let bytes = Array(value.utf8)
            let lineFeed = UInt8(ascii: "\n")
            if !bytes.contains(lineFeed) { return Array("\(name)=".utf8) + bytes + [lineFeed] }
            let length = (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
            return Array("\(name)\n".utf8) + length + bytes + [lineFeed]
        }
    }
}
