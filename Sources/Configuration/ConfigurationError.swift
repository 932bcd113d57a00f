// SPDX-License-Identifier: GPL-2.0-or-later

/// What is wrong with a configuration, and where.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public var file: String
    /// Counted from 1; nil when the whole file is meant.
    public var line: Int?
    /// "firewall.lease"
    public var key: String?
    public var reason: String

    /// "/etc/teredowall/teredowall.toml:7: firewall.lease: …"
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return [place, key, reason].compactMap { $0 }.joined(separator: ": ")
    }
}
