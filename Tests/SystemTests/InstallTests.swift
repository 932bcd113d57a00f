// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests scripts/install and scripts/uninstall.
@Suite struct InstallTests {
    @Test(arguments: ["/usr", "/usr/local", "/opt/teredowall"])
    func `uninstall removes what install added, and nothing else`(_ prefix: String) async throws {
        let destination = FileManager.default.temporaryDirectory.appending(path: "teredowall-\(UUID())")
        defer { try? FileManager.default.removeItem(at: destination) }
        let network = destination.appending(path: "etc/network/if-up.d")
        try FileManager.default.createDirectory(at: network, withIntermediateDirectories: true)
        try "".write(to: network.appending(path: "other"), atomically: false, encoding: .utf8)
        let before = try listing(destination)

        try await script("install", prefix, destination, "--built", try await Build.directory.path)
        let installed = try listing(destination)
        #expect(installed.contains("etc/network/if-up.d/teredowall"))
        #expect(installed.contains(String(prefix.dropFirst()) + "/lib/systemd/system/teredowalld.service"))
        // The paths in installed texts have the prefix.
        let unit = destination.appending(path: prefix + "/lib/systemd/system/teredowalld.service")
        #expect(
            try String(contentsOf: unit, encoding: .utf8).contains("ExecStart=\(prefix)/sbin/teredowalld\n"))

        // A second installation keeps the configuration, which the administrator has changed.
        let configuration = destination.appending(path: "etc/teredowall/teredowall.toml")
        try "[client]\n".write(to: configuration, atomically: false, encoding: .utf8)
        try await script("install", prefix, destination, "--built", try await Build.directory.path)
        #expect(try listing(destination) == installed)
        #expect(try String(contentsOf: configuration, encoding: .utf8) == "[client]\n")

        try await script("uninstall", prefix, destination)
        #expect(try listing(destination) == before)
    }

    @Test func `a relative destination counts from the folder of the caller`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "teredowall-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func call(_ script: String, _ more: [String] = []) async throws {
            let path = packageRoot.appending(path: "scripts/\(script)").path
            try await DebianSystem.runOutside(
                "env", ["-C", folder.path, path, "--destdir", "destination"] + more)
        }
        try await call("install", ["--built", try await Build.directory.path])
        #expect(try listing(folder).contains("destination/usr/local/sbin/teredowalld"))
        try await call("uninstall")
        #expect(try !listing(folder).contains("destination/usr/local/sbin/teredowalld"))
    }

    @Test(.enabledAsRoot)
    func `installed under a running systemd, the service starts; uninstalled, it leaves nothing`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.run("systemctl", "start", "miredo")
            let before = try await system.ruleset()
            let files = try await system.files()
            let scripts = packageRoot.appending(path: "scripts").path
            try await system.run("\(scripts)/install", "--built", try await Build.directory.path)
            #expect(try await system.property("UnitFileState") == "enabled")
            let port = try await system.awaitOpenClientPort()
            try await system.enableInstances()
            try await system.run("\(scripts)/uninstall")
            #expect(try await system.ruleset() == before)
            #expect(try await system.clientPorts() == [port])
            #expect(try await system.outcome("systemctl", "is-active", "teredowalld@blue").status != 0)
            #expect(try await system.files().symmetricDifference(files) == [])
            #expect(try await system.outcome("systemctl", "cat", "teredowalld").status != 0)
            #expect(!(try await system.run("systemctl", "cat", "miredo")).contains("teredowall"))
        }
    }

    /// Runs `scripts/NAME` for this prefix, below a destination directory.
    private func script(_ name: String, _ prefix: String, _ destination: URL, _ more: String...) async throws
    {
        try await DebianSystem.runOutside(
            packageRoot.appending(path: "scripts/\(name)").path,
            ["--prefix", prefix, "--destdir", destination.path] + more)
    }

    /// The paths of all files and folders below this one.
    private func listing(_ folder: URL) throws -> Set<String> {
        Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path))
    }
}
