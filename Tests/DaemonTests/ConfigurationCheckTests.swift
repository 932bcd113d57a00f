// SPDX-License-Identifier: GPL-2.0-or-later
import Configuration
import Foundation
import Testing

@testable import Daemon

struct ConfigurationCheckTests {
    /// Checks a file that sets every key to its default, except where `replacements` has another text.
    private func check(replacing replacements: [(String, String)]) throws -> ConfigurationCheck {
        var text = LoadedConfiguration().text
        for (old, new) in replacements {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "teredowall-\(UUID()).toml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let loaded = try LoadedConfiguration.load(path: file.path)
        #expect(loaded.settings.allSatisfy { $0.file != nil })
        return ConfigurationCheck(loaded: loaded)
    }

    @Test(
        arguments: [
            ("auto", []), ("own-table", ["firewall.position", "firewall.exclude", "firewall.pierce"]),
            ("report", ["firewall.lease", "inner.guard"]),
        ] as [(String, [String])])
    func `keys without effect in a mode are reported`(mode: String, keys: [String]) throws {
        let check = try check(replacing: [("mode = \"auto\"", "mode = \"\(mode)\"")])
        // The first word is the file and the line.
        let words = check.warnings.map { $0.split(separator: " ").map(String.init) }
        #expect(words.map { $0[1] } == keys.map { "\($0):" })
        #expect(check.warnings.allSatisfy { $0.hasSuffix("has no effect with mode = \"\(mode)\"") })
    }

    @Test func `tables and chains that do not exist are reported, but not zones of firewalld`() throws {
        var check = try check(replacing: [
            ("exclude = []", "exclude = [\"inet filter\", \"inet gone\", \"inet firewalld public\"]"),
            ("pierce = []", "pierce = [\"ip vpn\"]"),
        ])
        check.tablesAndChains = ["inet filter"]
        #expect(
            check.warnings.map { $0.split(separator: " ").dropFirst().joined(separator: " ") } == [
                "firewall.exclude: there is no table or chain inet gone now",
                "firewall.pierce: there is no table or chain ip vpn now",
            ])
    }
}
