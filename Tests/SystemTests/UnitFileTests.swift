// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the unit files without running them.
@Suite struct UnitFileTests {
    static let folder = packageRoot.appending(path: "scripts/packaging/systemd")

    @Test(arguments: ["teredowalld.service", "teredowalld@.service"])
    func `systemd-analyze rates the exposure of the service at most 1.5 of 10`(_ unit: String) async throws {
        let analysis = try await DebianSystem.runOutside(
            "systemd-analyze",
            ["security", "--offline=true", "--no-pager", Self.folder.appending(path: unit).path])
        // The last number of the output is the overall exposure.
        let exposure = try #require(analysis.split(separator: " ").compactMap { Double($0) }.last)
        #expect(exposure <= 1.5)
    }

    @Test func `the template's service settings differ only for its network namespace`() throws {
        let unit = try serviceSettings(of: "teredowalld.service")
        let template = try serviceSettings(of: "teredowalld@.service")
        #expect(unit.subtracting(template) == ["RuntimeDirectory=teredowall"])
        #expect(
            template.subtracting(unit) == [
                "RuntimeDirectory=teredowall-%i", "NetworkNamespacePath=/run/netns/%I",
                "InaccessiblePaths=-/run/dbus",
            ])
    }

    /// The lines of the section [Service], without comments.
    private func serviceSettings(of name: String) throws -> Set<String> {
        let lines = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            .split(separator: "\n").map(String.init)
        let section = lines.drop { $0 != "[Service]" }.dropFirst().prefix { !$0.hasPrefix("[") }
        return Set(section.filter { !$0.hasPrefix("#") })
    }
}
