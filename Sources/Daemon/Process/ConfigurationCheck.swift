// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Logging
internal import Nftables
internal import Planner
internal import Platform

/// The output of `teredowalld --check-config`.
struct ConfigurationCheck {
    let loaded: LoadedConfiguration
    /// True when the host has the client's user, false when not; nil when the user database gives no answer.
    var userExists: Bool?
    /// The names of the existing tables and chains ("inet filter", "inet filter input"); nil when the ruleset
    /// cannot be read.
    var tablesAndChains: Set<String>?

    /// Reads the configuration, prints one line about it, and logs settings that will have no effect.
    ///
    /// - Throws: ``ConfigurationError`` with all errors of the configuration.
    static func run(path: String?, _ log: Logger) throws {
        let loaded = try LoadedConfiguration.load(path: path)
        var check = ConfigurationCheck(loaded: loaded)
        check.userExists = try? Users.uid(named: loaded.configuration.clientUser) != nil
        check.tablesAndChains = try? tablesAndChains()
        for warning in check.warnings { log.warning("\(warning)") }
        try Files.write(Array("\(check.summary)\n".utf8), to: 1)
    }

    /// "teredowalld: configuration valid: …"
    var summary: String {
        let configuration = loaded.configuration
        let files = loaded.files.isEmpty ? "no file, all defaults" : loaded.files.joined(separator: ", ")
        let changed = loaded.settings.filter { $0.origin != nil }.map { "\($0.key) = \($0.value)" }
        let settings =
            changed.isEmpty
            ? "client \(configuration.clientUser), mode \(configuration.policy.mode.rawValue)"
            : changed.joined(separator: ", ")
        return "teredowalld: configuration valid (\(files)): \(settings)"
    }

    /// The settings that will have no effect, each with its file and line.
    var warnings: [String] {
        let configuration = loaded.configuration
        var warnings: [String] = []
        if userExists == false {
            warnings.append(
                location(of: "client.user") + "there is no user \(configuration.clientUser) on this host yet")
        }
        // An entry `inet firewalld ZONE` excludes a zone, which has no chain of this name.
        for (key, name) in loaded.tablesAndChains
        where tablesAndChains?.contains(name) == false && !name.hasPrefix("inet firewalld ") {
            warnings.append(location(of: key) + "there is no table or chain \(name) now")
        }
        for setting in loaded.settingsWithoutEffect {
            warnings.append(
                location(of: setting.key)
                    + "has no effect with mode = \"\(configuration.policy.mode.rawValue)\"")
        }
        return warnings
    }

    private func location(of key: String) -> String {
        let origin = loaded.settings.first { $0.key == key }?.origin
        return (origin.map { "\($0): " } ?? "") + key + ": "
    }

    private static func tablesAndChains() throws(NftablesError) -> Set<String> {
        let connection = try RulesetConnection()
        return Set(try connection.tables().map(\.name.description))
            .union(try connection.chains().map(\.name.description))
    }
}
