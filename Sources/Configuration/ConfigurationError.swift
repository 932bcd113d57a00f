// SPDX-License-Identifier: GPL-2.0-or-later

/// All errors of a configuration; at least one.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One error and its place.
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// The path of the file or directory; for settings that come from a daemon, a phrase that says so.
        public var file: String
        /// The line, counted from 1; nil when the error concerns the whole file, or the settings come from a daemon.
        public var line: Int?
        /// The key, such as "firewall.lease"; nil when the error concerns no single key.
        public var key: String?
        /// A clause that names the accepted values where there are any.
        public var reason: String

        /// "/etc/teredowall/teredowall.toml:7: firewall.lease: …"
        public var description: String {
            let location = line.map { "\(file):\($0)" } ?? file
            return [location, key, reason].compactMap { $0 }.joined(separator: ": ")
        }
    }

    /// The errors in the order of the file.
    public var problems: [Problem]

    init(problems: [Problem]) { self.problems = problems }

    init(file: String, reason: String) { problems = [Problem(file: file, reason: reason)] }

    /// One line for each problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
