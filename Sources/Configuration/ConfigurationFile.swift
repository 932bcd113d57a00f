// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

extension Configuration {
    /// The file that is read unless another is named; it may be missing.
    public static let defaultPath = "/etc/teredowall/teredowall.toml"

    /// Reads a configuration file and, in the order of their names, the `*.toml` files in the directory
    /// `<file>.d` beside it, each overriding what came before.
    ///
    /// - Parameter path: nil stands for ``defaultPath``, which may be missing; a file that was named must exist.
    /// - Returns: What is in force.
    /// - Throws: ``ConfigurationError`` with file, line and key of everything that is wrong in the first file that has errors.
    public static func load(path: String?) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        let main = path ?? defaultPath
        if path != nil || Files.exists(main) { try configuration.read(file: main) }
        let directory = main + ".d"
        for name in try names(in: directory) where name.hasSuffix(".toml") {
            try configuration.read(file: "\(directory)/\(name)")
        }
        return configuration
    }

    private static func names(in directory: String) throws(ConfigurationError) -> [String] {
        do throws(SystemError) { return try Files.names(in: directory) ?? [] } catch {
            throw ConfigurationError(file: directory, reason: error.description)
        }
    }

    private mutating func read(file: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.contents(of: file) } catch {
            throw ConfigurationError(file: file, reason: error.description)
        }
        try apply(bytes, file: file)
    }

    /// Applies the text of one file, or nothing of it when anything in it is wrong.
    mutating func apply(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
        var reading = ConfigurationReading(of: file, onto: self)
        do throws(TOMLError) {
            try TOMLReader.read(bytes) { event throws(TOMLError) in try reading.take(event) }
        } catch {
            reading.report(line: error.line, reason: error.reason)
        }
        self = try reading.result()
    }
}
