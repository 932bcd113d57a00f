// SPDX-License-Identifier: GPL-2.0-or-later
import Configuration
import Foundation
import TestSupport
import Testing

/// Tests the option --help of every script, and the version in the change log.
struct ScriptTests {
    static let scripts = names()

    @Test(arguments: scripts)
    func `help is the header of the script, and nothing else happens`(_ script: String) async throws {
        let file = packageRoot.appending(path: "scripts/\(script)")
        // Without any programs except those that print the help, so that everything else would fail.
        let tools = FileManager.default.temporaryDirectory.appending(path: "teredowall-\(UUID())")
        try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: tools) }
        for tool in ["bash", "dirname", "sed"] {
            let path = try await DebianSystem.runOutside("which", [tool])
            try FileManager.default.createSymbolicLink(
                atPath: tools.appending(path: tool).path,
                withDestinationPath: path.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let help = try await DebianSystem.runOutside(
            "env", ["PATH=\(tools.path)", tools.appending(path: "bash").path, file.path, "--help"])
        // The comment after the lines of the interpreter and of the licence.
        let header = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .dropFirst(2).prefix { $0.hasPrefix("#") }.map { $0.dropFirst(2) }.joined(separator: "\n")
        #expect(header.count > 40, "no header, or too short a one: \(header)")
        #expect(help == header + "\n")
    }

    @Test func `the newest entry of the change log has the version of the programs`() throws {
        let log = try String(
            contentsOf: packageRoot.appending(path: "scripts/packaging/debian/changelog"), encoding: .utf8)
        #expect(log.hasPrefix("teredowall (\(Version.text)) "))
    }

    /// The names of the files in scripts/.
    private static func names() -> [String] {
        let folder = packageRoot.appending(path: "scripts")
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return entries.filter { name in
            var isFolder: ObjCBool = false
            let path = folder.appending(path: name).path
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }
}
