// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner
internal import Platform

/// A configuration with the files it was read from and the place of each setting.
public struct LoadedConfiguration: Sendable {
    /// A key with its value in force. The JSON of `config` and `status` has its properties.
    public struct Setting: Codable, Hashable, Sendable {
        /// The key, such as "firewall.lease".
        public var key: String
        /// The value as written in a file: `"3m"`, `true`, `["inet mytable"]`.
        public var value: String
        /// The file that set the value; nil for a default.
        public var file: String?
        /// The line in that file, counted from 1.
        public var line: Int?

        public init(key: String, value: String, file: String? = nil, line: Int? = nil) {
            self.key = key
            self.value = value
            self.file = file
            self.line = line
        }

        /// The file and line, such as "/etc/teredowall/teredowall.toml:7"; nil for a default.
        public var origin: String? { file.map { file in line.map { "\(file):\($0)" } ?? file } }
    }

    /// The settings in force.
    public internal(set) var configuration = Configuration()
    /// The files that were read, in order.
    public internal(set) var files: [String] = []
    /// The file and line that set each key last.
    private var origins: [String: (file: String, line: Int)] = [:]

    /// The defaults, without any file.
    public init() {}

    /// Reads a configuration file and then the `*.toml` files in the directory `<file>.d`, in the order of
    /// their names. Later files override earlier ones.
    ///
    /// - Parameter path: The file; nil for ``Configuration/defaultPath``. The default file may be missing, a
    ///   named one must exist.
    /// - Returns: The configuration with its origins.
    /// - Throws: ``ConfigurationError`` with file, line and key of all errors in all files.
    public static func load(path: String?) throws(ConfigurationError) -> LoadedConfiguration {
        let main = path ?? Configuration.defaultPath
        var loaded = LoadedConfiguration()
        var problems: [ConfigurationError.Problem] = []
        var files = path != nil || Files.exists(main) ? [main] : []
        do throws(ConfigurationError) { files += try dropIns(in: main + ".d") } catch {
            problems += error.problems
        }
        for file in files {
            do throws(ConfigurationError) { try loaded.read(file: file) } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return loaded
    }

    /// All keys with their values in force, in the order of the documentation.
    public var settings: [Setting] { ConfigurationKey.all.map { setting(of: $0) } }

    /// The settings in files that have no effect in the mode in force.
    public var settingsWithoutEffect: [Setting] {
        ConfigurationKey.all.filter { $0.idleModes.contains(configuration.policy.mode) }
            .map { setting(of: $0) }.filter { $0.file != nil }
    }

    /// The tables and chains that the settings name, each with the key.
    public var tablesAndChains: [(key: String, name: String)] {
        ConfigurationKey.all.flatMap { key in
            (key.tableNames?(configuration) ?? []).map { (key: key.fullName, name: $0) }
        }
    }

    private func setting(of key: ConfigurationKey) -> Setting {
        let origin = origins[key.fullName]
        return Setting(
            key: key.fullName, value: key.show(configuration), file: origin?.file, line: origin?.line)
    }

    /// The settings in the form of a configuration file, with the origin of each as a comment.
    public var text: String { Self.text(of: settings) }

    /// These settings in the form of a configuration file.
    public static func text(of settings: [Setting]) -> String {
        var lines: [String] = []
        var section: Substring = ""
        for setting in settings {
            let parts = setting.key.split(separator: ".", maxSplits: 1)
            if let first = parts.first, first != section {
                if !lines.isEmpty { lines.append("") }
                lines.append("[\(first)]")
                section = first
            }
            let assignment = "\(parts.last ?? "") = \(setting.value)"
            // The comments begin in column 31.
            let gap = String(repeating: " ", count: max(1, 30 - assignment.count))
            lines.append("\(assignment)\(gap)# \(setting.origin ?? "default")")
        }
        return lines.joined(separator: "\n")
    }

    private static func dropIns(in directory: String) throws(ConfigurationError) -> [String] {
        do throws(SystemError) {
            return try (Files.names(in: directory) ?? []).filter { $0.hasSuffix(".toml") }
                .map { "\(directory)/\($0)" }
        } catch {
            throw ConfigurationError(
                file: directory, reason: "cannot be read: \(SystemError.text(of: error.code))")
        }
    }

    private mutating func read(file: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.contents(of: file) } catch {
            throw ConfigurationError(
                file: file, reason: "cannot be read: \(SystemError.text(of: error.code))")
        }
        let lines = try configuration.apply(bytes, file: file)
        files.append(file)
        for (key, line) in lines { origins[key] = (file, line) }
    }
}
