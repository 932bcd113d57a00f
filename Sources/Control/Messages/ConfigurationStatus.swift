// SPDX-License-Identifier: GPL-2.0-or-later
public import Configuration

/// The configuration in force.
public struct ConfigurationStatus: Codable, Hashable, Sendable {
    /// The file named at the start; nil for the default file.
    public var path: String?
    /// The error of the last reload; nil when the files are in force.
    public var lastError: String?
    /// All keys with their values in force; nil in the answer of a daemon that does not report them.
    public var settings: [LoadedConfiguration.Setting]?

    public init(
        path: String? = nil, lastError: String? = nil, settings: [LoadedConfiguration.Setting]? = nil
    ) {
        self.path = path
        self.lastError = lastError
        self.settings = settings
    }
}
