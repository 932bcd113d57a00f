// SPDX-License-Identifier: GPL-2.0-or-later

/// A key of the configuration with its value in force.
public struct SettingStatus: Codable, Hashable, Sendable {
    /// "firewall.lease"
    public var key: String
    /// The value as written in the configuration file.
    public var value: String
    /// The file and line that set it; nil for a default.
    public var file: String?
    public var line: Int?

    public init(key: String, value: String, file: String? = nil, line: Int? = nil) {
        self.key = key
        self.value = value
        self.file = file
        self.line = line
    }
}
