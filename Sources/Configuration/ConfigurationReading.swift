// SPDX-License-Identifier: GPL-2.0-or-later

/// The state of reading a file: the settings so far, and all errors.
struct ConfigurationReading {
    /// The syntax that defined a section. TOML permits one definition for each.
    private enum Origin { case header, inlineTable, dottedKeys }

    private let file: String
    private var configuration: Configuration
    private let keys = Dictionary(grouping: ConfigurationKey.all, by: \.section)
    private var problems: [ConfigurationError.Problem] = []
    /// The sections so far, each with its definition.
    private var sections: [String: (origin: Origin, line: Int)] = [:]
    /// The line of each key so far, by its full name.
    private var lines: [String: Int] = [:]
    /// The path of the last error; errors of keys below this path are not reported.
    private var refused: [String]?

    init(of file: String, onto configuration: Configuration) {
        self.file = file
        self.configuration = configuration
    }

    /// The configuration with the file applied, and the line of each key that the file sets.
    func result() throws(ConfigurationError) -> (Configuration, lines: [String: Int]) {
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return (configuration, lines)
    }

    mutating func report(line: Int?, key: [String] = [], reason: String) {
        let name = key.isEmpty ? nil : DisplayText.escaped(key.joined(separator: "."))
        problems.append(.init(file: file, line: line, key: name, reason: reason))
    }

    /// Applies one element of the file, or reports its error.
    ///
    /// - Throws: ``TOMLError`` when there are too many errors to continue.
    mutating func take(_ event: TOMLEvent) throws(TOMLError) {
        guard problems.count < Self.mostProblems else {
            throw TOMLError(line: event.line, reason: "more errors may follow: nothing is read from here on")
        }
        if let refused, event.path.starts(with: refused) {
            // A header begins a new section, even if its name was refused before.
            guard case .header = event.kind, event.path == refused else { return }
        }
        refused = nil
        let section = event.path[0]
        guard let known = keys[section] else {
            return refuse(
                [section], event.line,
                "unknown section or key; accepted sections: \(keys.keys.sorted().joined(separator: ", "))"
            )
        }
        switch (event.kind, event.path.count) {
        case (.header(isArray: false), 1): open(section, as: .header, event)
        case (.inlineTable, 1): open(section, as: .inlineTable, event)
        case (_, 1): refuse(event.path, event.line, "must be a section: [\(section)]")
        case (.header, _), (.inlineTable, _): set(event, to: .other, known)
        case (.value(let value), _): set(event, to: value, known)
        }
    }

    private mutating func refuse(_ path: [String], _ line: Int, _ reason: String) {
        refused = path
        report(line: line, key: path, reason: reason)
    }

    private mutating func open(_ section: String, as origin: Origin, _ event: TOMLEvent) {
        if let first = sections[section] {
            return refuse([section], event.line, "this section is there already, in line \(first.line)")
        }
        sections[section] = (origin, event.line)
    }

    private mutating func set(_ event: TOMLEvent, to value: SettingValue, _ known: [ConfigurationKey]) {
        let section = event.path[0]
        guard event.path.count == 2, let key = known.first(where: { $0.name == event.path[1] }) else {
            return refuse(
                event.path, event.line,
                "unknown key; accepted here: \(known.map(\.name).joined(separator: ", "))")
        }
        if let origin = sections[section]?.origin, origin == .inlineTable, !event.isInline {
            return refuse(event.path, event.line, "the section \(section) ended with its \"}\"")
        }
        if sections[section] == nil { sections[section] = (.dottedKeys, event.line) }
        if let first = lines[key.fullName] {
            return refuse(event.path, event.line, "is set already, in line \(first)")
        }
        lines[key.fullName] = event.line
        do throws(SettingError) { try key.apply(value, &configuration) } catch {
            refuse(event.path, event.line, error.reason)
        }
    }

    /// The number of errors after which reading stops: such a file is hardly a configuration.
    private static let mostProblems = 20
}
