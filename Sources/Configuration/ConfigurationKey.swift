// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner

/// One key of the configuration file, with all that depends on the key: a key that is missing in ``all`` does not exist.
struct ConfigurationKey {
    let section: String
    /// The name of the key within its section.
    let name: String
    /// The modes in which the key has no effect.
    let idleModes: [Policy.Mode]
    /// Puts a value in force, or throws the error of the value.
    let apply: (SettingValue, inout Configuration) throws(SettingError) -> Void
    /// Returns the value in force in the form of the file.
    let show: (Configuration) -> String
    /// Returns the tables and chains that the value in force names; nil for other keys.
    var tableNames: ((Configuration) -> [String])?

    /// The section and the name, such as "firewall.lease".
    var fullName: String { "\(section).\(name)" }

    /// All keys, in the order of the documentation.
    static var all: [ConfigurationKey] {
        [
            .text("client", "user", idleIn: [], \.clientUser, userName, show: \.self),
            .text("client", "unit", idleIn: [], \.clientUnit, unitName, show: \.self),
            .choice("client", "probe", idleIn: [], \.clientProbe),
            .flag("exceptions", "multicast", idleIn: [], \.multicast),
            .flag("exceptions", "igmp", idleIn: [], \.igmp),
            .choice("firewall", "mode", idleIn: [], \.policy.mode),
            .choice("firewall", "position", idleIn: [.ownTable], \.policy.position),
            .text(
                "firewall", "lease", idleIn: [.report], \.policy.lease, DurationText.lease,
                show: DurationText.text),
            .tablesAndChains("firewall", "exclude", idleIn: [.ownTable], \.policy.exclude),
            .tablesAndChains("firewall", "pierce", idleIn: [.ownTable], \.policy.pierce),
            .choice("inner", "guard", idleIn: [.report], \.innerGuard),
        ]
    }

    private static func userName(_ text: String) throws(SettingError) -> String {
        if text.isEmpty { throw SettingError(reason: "a user name is needed") }
        return text
    }

    private static func unitName(_ text: String) throws(SettingError) -> String {
        guard text.isEmpty || (text.hasSuffix(".service") && !text.contains("/")) else {
            throw SettingError(
                reason: "\(DisplayText.quoted(text)) is no service unit; accepted: \"\" or \"NAME.service\"")
        }
        return text
    }

    private static func isTableOrChain(_ entry: String) -> Bool {
        let words = entry.split(separator: " ", omittingEmptySubsequences: false)
        return (2...3).contains(words.count) && ["ip", "inet"].contains(words[0]) && !words.contains("")
    }
}

extension ConfigurationKey {
    private static func text<Value>(
        _ section: String, _ name: String, idleIn idleModes: [Policy.Mode],
        _ path: WritableKeyPath<Configuration, Value>,
        _ read: @escaping (String) throws(SettingError) -> Value, show: @escaping (Value) -> String
    ) -> ConfigurationKey {
        ConfigurationKey(section: section, name: name, idleModes: idleModes) {
            value, configuration throws(SettingError) in
            guard case .text(let text) = value else {
                throw SettingError(reason: "a string in quotes is needed")
            }
            configuration[keyPath: path] = try read(text)
        } show: {
            TOMLText.string(show($0[keyPath: path]))
        }
    }

    private static func tablesAndChains(
        _ section: String, _ name: String, idleIn idleModes: [Policy.Mode],
        _ path: WritableKeyPath<Configuration, [String]>
    ) -> ConfigurationKey {
        ConfigurationKey(section: section, name: name, idleModes: idleModes) {
            value, configuration throws(SettingError) in
            guard case .list(let entries) = value else {
                throw SettingError(reason: "a list of strings is needed, such as [\"inet mytable\"]")
            }
            for entry in entries where !isTableOrChain(entry) {
                throw SettingError(
                    reason:
                        "\(DisplayText.quoted(entry)) names no table or chain; accepted: \"FAMILY TABLE\" or "
                        + "\"FAMILY TABLE CHAIN\" with family ip or inet")
            }
            configuration[keyPath: path] = entries
        } show: {
            "[" + $0[keyPath: path].map(TOMLText.string).joined(separator: ", ") + "]"
        } tableNames: {
            $0[keyPath: path]
        }
    }

    private static func flag(
        _ section: String, _ name: String, idleIn idleModes: [Policy.Mode],
        _ path: WritableKeyPath<Configuration, Bool>
    ) -> ConfigurationKey {
        ConfigurationKey(section: section, name: name, idleModes: idleModes) {
            value, configuration throws(SettingError) in
            guard case .flag(let flag) = value else { throw SettingError(reason: "accepted: true or false") }
            configuration[keyPath: path] = flag
        } show: {
            "\($0[keyPath: path])"
        }
    }

    private static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ section: String, _ name: String, idleIn idleModes: [Policy.Mode],
        _ path: WritableKeyPath<Configuration, Value>
    ) -> ConfigurationKey {
        .text(
            section, name, idleIn: idleModes, path,
            { text throws(SettingError) in
                guard let value = Value(rawValue: text) else {
                    let accepted = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                    throw SettingError(
                        reason: "\(DisplayText.quoted(text)) is unknown; accepted: \(accepted)")
                }
                return value
            }, show: \.rawValue)
    }
}
