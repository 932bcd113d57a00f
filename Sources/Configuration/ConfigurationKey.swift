// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner

/// One key of the configuration file: its name, how a value is applied, and how the value in force is
/// written.
struct ConfigurationKey {
    let section: String
    /// The name of the key within its section.
    let name: String
    let apply: (SettingValue, inout Configuration) throws(SettingError) -> Void
    /// Returns the value in force in the form of the file.
    let show: (Configuration) -> String

    /// The section and the name, such as "firewall.lease".
    var fullName: String { "\(section).\(name)" }

    /// All keys, in the order of the documentation.
    static var all: [ConfigurationKey] {
        [
            .text("client", "user", \.clientUser, userName, show: \.self),
            .text("client", "unit", \.clientUnit, unitName, show: \.self),
            .choice("client", "probe", \.clientProbe),
            .flag("exceptions", "multicast", \.multicast),
            .flag("exceptions", "igmp", \.igmp),
            .choice("firewall", "mode", \.policy.mode),
            .choice("firewall", "position", \.policy.position),
            .text("firewall", "lease", \.policy.lease, DurationText.lease, show: DurationText.text),
            .tablesAndChains("firewall", "exclude", \.policy.exclude),
            .tablesAndChains("firewall", "pierce", \.policy.pierce),
            .choice("inner", "guard", \.innerGuard),
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
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, Value>,
        _ read: @escaping (String) throws(SettingError) -> Value, show: @escaping (Value) -> String
    ) -> ConfigurationKey {
        ConfigurationKey(section: section, name: name) { value, configuration throws(SettingError) in
            guard case .text(let text) = value else {
                throw SettingError(reason: "a string in quotes is needed")
            }
            configuration[keyPath: path] = try read(text)
        } show: {
            TOMLText.string(show($0[keyPath: path]))
        }
    }

    private static func tablesAndChains(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, [String]>
    ) -> ConfigurationKey {
        ConfigurationKey(section: section, name: name) { value, configuration throws(SettingError) in
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
        }
    }

    private static func flag(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, Bool>
    ) -> ConfigurationKey {
        ConfigurationKey(section: section, name: name) { value, configuration throws(SettingError) in
            guard case .flag(let flag) = value else { throw SettingError(reason: "accepted: true or false") }
            configuration[keyPath: path] = flag
        } show: {
            "\($0[keyPath: path])"
        }
    }

    private static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, Value>
    ) -> ConfigurationKey {
        .text(
            section, name, path,
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
