// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner

/// A value as the configuration file holds it.
enum SettingValue: Equatable {
    case text(String)
    case flag(Bool)
    case list([String])
    case other(String)
}

/// Why a value is refused: the clause that says what is accepted.
struct SettingError: Error { var reason: String }

/// One key of the configuration file: its name and what it does with a value.
struct Setting {
    let section: String
    let name: String
    let apply: (SettingValue, inout Configuration) throws(SettingError) -> Void

    var key: String { "\(section).\(name)" }

    /// Every key there is.
    static var all: [Setting] {
        [
            .text("client", "user", \.clientUser) { value throws(SettingError) in
                if value.isEmpty { throw SettingError(reason: "a user name is needed") }
                return value
            },
            .text("client", "unit", \.clientUnit) { value throws(SettingError) in
                guard value.isEmpty || (value.hasSuffix(".service") && !value.contains("/")) else {
                    throw SettingError(
                        reason:
                            "\(Shown.quoted(value)) is no service unit; accepted: \"\" or \"NAME.service\"")
                }
                return value
            },
            .choice("client", "probe", \.clientProbe),
            .flag("exceptions", "multicast", \.multicast),
            .flag("exceptions", "igmp", \.igmp),
            .choice("firewall", "mode", \.policy.mode),
            .choice("firewall", "position", \.policy.position),
            .text("firewall", "lease", \.policy.lease, DurationText.lease),
            .tablesAndChains("firewall", "exclude", \.policy.exclude),
            .tablesAndChains("firewall", "pierce", \.policy.pierce),
            .choice("inner", "guard", \.innerGuard),
        ]
    }

    private static func isTableOrChain(_ entry: String) -> Bool {
        let words = entry.split(separator: " ", omittingEmptySubsequences: false)
        return (2...3).contains(words.count) && ["ip", "inet"].contains(words[0]) && !words.contains("")
    }
}

extension Setting {
    private static func text<Value>(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, Value>,
        _ read: @escaping (String) throws(SettingError) -> Value
    ) -> Setting {
        Setting(section: section, name: name) { value, configuration throws(SettingError) in
            guard case .text(let text) = value else {
                throw SettingError(reason: "a string in quotes is needed")
            }
            configuration[keyPath: path] = try read(text)
        }
    }

    private static func tablesAndChains(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, [String]>
    ) -> Setting {
        Setting(section: section, name: name) { value, configuration throws(SettingError) in
            guard case .list(let entries) = value else {
                throw SettingError(reason: "a list of strings is needed, such as [\"inet mytable\"]")
            }
            for entry in entries where !isTableOrChain(entry) {
                throw SettingError(
                    reason: "\(Shown.quoted(entry)) names no table or chain; accepted: \"FAMILY TABLE\" or "
                        + "\"FAMILY TABLE CHAIN\" with family ip or inet")
            }
            configuration[keyPath: path] = entries
        }
    }

    private static func flag(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, Bool>
    ) -> Setting {
        Setting(section: section, name: name) { value, configuration throws(SettingError) in
            guard case .flag(let flag) = value else { throw SettingError(reason: "accepted: true or false") }
            configuration[keyPath: path] = flag
        }
    }

    private static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, Value>
    ) -> Setting {
        .text(section, name, path) { text throws(SettingError) in
            guard let value = Value(rawValue: text) else {
                let accepted = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                throw SettingError(reason: "\(Shown.quoted(text)) is unknown; accepted: \(accepted)")
            }
            return value
        }
    }
}
