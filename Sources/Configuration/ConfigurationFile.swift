// SPDX-License-Identifier: GPL-2.0-or-later

extension Configuration {
    /// The file that is read unless another is named; it may be missing.
    public static let defaultPath = "/etc/teredowall/teredowall.toml"

    /// The settings, read by ``LoadedConfiguration/load(path:)``.
    public static func load(path: String?) throws(ConfigurationError) -> Configuration {
        try LoadedConfiguration.load(path: path).configuration
    }

    /// A configuration with the settings that a daemon has reported, each a key and its value as written in a file. All
    /// other keys have their defaults.
    ///
    /// - Throws: ``ConfigurationError`` for a key or value that this version does not accept; the daemon may be of
    ///   another version.
    public init(settings: [(key: String, value: String)]) throws(ConfigurationError) {
        self.init()
        let text = settings.map { "\($0.key) = \($0.value)" }.joined(separator: "\n")
        do throws(ConfigurationError) {
            try apply(Array(text.utf8), file: "settings of the running daemon")
        } catch {
            // The lines are those of the text made here.
            var problems = error.problems
            for index in problems.indices { problems[index].line = nil }
            throw ConfigurationError(problems: problems)
        }
    }

    /// Applies the text of one file; if the text has errors, changes nothing.
    ///
    /// - Returns: The line of each key that the file sets.
    @discardableResult
    mutating func apply(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> [String: Int] {
        var reading = ConfigurationReading(of: file, onto: self)
        do throws(TOMLError) {
            try TOMLReader.read(bytes) { event throws(TOMLError) in try reading.take(event) }
        } catch {
            reading.report(line: error.line, reason: error.reason)
        }
        let lines: [String: Int]
        (self, lines) = try reading.result()
        return lines
    }
}
