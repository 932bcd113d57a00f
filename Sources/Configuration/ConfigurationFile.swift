// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import TOMLKit

extension Configuration {
    /// The file that is read unless another is named; it may be missing.
    public static let defaultPath = "/etc/teredowall/teredowall.toml"

    /// Reads a configuration file and, in the order of their names, the `*.toml` files in the directory
    /// `<file>.d` beside it, each overriding what came before.
    ///
    /// - Parameter path: nil stands for ``defaultPath``, which may be missing; a file that was named must exist.
    /// - Returns: What is in force.
    /// - Throws: ``ConfigurationError`` with file, line, key and the accepted values.
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
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(file: file, reason: "is not UTF-8")
        }
        try apply(text, file: file)
    }

    /// Applies the text of one file.
    mutating func apply(_ text: String, file: String) throws(ConfigurationError) {
        let lines = TOMLLines(text)
        let document = try Self.parse(text, file: file)
        for section in document.keys.sorted() {
            let settings = Setting.all.filter { $0.section == section }
            guard !settings.isEmpty else {
                let accepted = Set(Setting.all.map(\.section)).sorted().joined(separator: ", ")
                throw ConfigurationError(
                    file: file, line: lines.line(of: [section]), key: section,
                    reason: "unknown section or key; accepted sections: \(accepted)")
            }
            guard let table = document[section]?.table else {
                throw ConfigurationError(
                    file: file, line: lines.line(of: [section]), key: section,
                    reason: "must be a section: [\(section)]")
            }
            for name in table.keys.sorted() {
                let place = (file: file, line: lines.line(of: [section, name]), key: "\(section).\(name)")
                guard let setting = settings.first(where: { $0.name == name }) else {
                    throw ConfigurationError(
                        file: place.file, line: place.line, key: place.key,
                        reason: "unknown key; accepted here: \(settings.map(\.name).joined(separator: ", "))")
                }
                do throws(SettingError) {
                    try setting.apply(SettingValue(table[name]), &self)
                } catch {
                    throw ConfigurationError(
                        file: place.file, line: place.line, key: place.key, reason: error.reason)
                }
            }
        }
    }

    private static func parse(_ text: String, file: String) throws(ConfigurationError) -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw ConfigurationError(file: file, line: error.source.begin.line, reason: error.description)
        } catch {
            throw ConfigurationError(file: file, reason: "\(error)")
        }
    }
}

extension SettingValue {
    init(_ value: (any TOMLValueConvertible)?) {
        if let text = value?.string {
            self = .text(text)
        } else if let flag = value?.bool {
            self = .flag(flag)
        } else if let array = value?.array, case let texts = array.map({ $0.string }), !texts.contains(nil) {
            self = .list(texts.compactMap { $0 })
        } else {
            self = .other(value?.type.rawValue ?? "nothing")
        }
    }
}
