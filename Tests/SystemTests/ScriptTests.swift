// SPDX-License-Identifier: GPL-2.0-or-later
import Configuration
import Foundation
import TestSupport
import Testing

/// Tests the arguments of every script that is called by hand, and the version in the change log.
struct ScriptTests {
    static let scripts = executables()

    @Test(arguments: scripts)
    func `help is the header of the script, wherever it is asked for, and nothing else happens`(
        _ script: String
    ) async throws {
        let header = try header(of: script)
        for arguments in [["--help"], ["-h"], ["first", "--help", "last"], ["first", "-h"]] {
            let expected = Outcome(status: 0, output: header + "\n", errors: "")
            #expect(try await outcome(of: script, arguments) == expected)
        }
    }

    @Test(arguments: scripts)
    func `an unknown argument is refused by its name, with status 2`(_ script: String) async throws {
        let outcome = try await outcome(of: script, ["--no-such-argument"])
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("--no-such-argument"))
    }

    @Test(arguments: scripts)
    func `help says whether root is needed, what is installed and how long it takes`(
        _ script: String
    ) throws {
        let header = try header(of: script).replacing("\n", with: " ")
        #expect(header.contains(/(N|n)eeds (no )?root/))
        #expect(header.contains(/(I|i)nstall/))
        #expect(header.contains(/second|minute|moment|[0-9] s\b/))
        // Whatever needs root, also only to install packages, says so before it begins, by `begin` of common.sh.
        let text = try String(contentsOf: packageRoot.appending(path: script), encoding: .utf8)
        #expect(header.contains(/(N|n)eeds no root/) || text.contains(/\bbegin ['"$a-z]/))
    }

    /// What a script did: its exit status, and what it printed.
    private struct Outcome: Equatable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs a script without any programs except those that print the help, so that everything else would fail.
    private func outcome(of script: String, _ arguments: [String]) async throws -> Outcome {
        let tools = FileManager.default.temporaryDirectory.appending(path: "teredowall-\(UUID())")
        try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: tools) }
        for tool in ["bash", "dirname", "sed"] {
            let path = try await DebianSystem.runOutside("which", [tool])
            try FileManager.default.createSymbolicLink(
                atPath: tools.appending(path: tool).path,
                withDestinationPath: path.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let words = ["PATH=\(tools.path)", tools.appending(path: "bash").path]
        let file = packageRoot.appending(path: script).path
        do {
            let output = try await DebianSystem.runOutside("env", words + [file] + arguments)
            return Outcome(status: 0, output: output, errors: "")
        } catch let failure as CommandFailure {
            return Outcome(status: failure.status, output: failure.output, errors: failure.errors)
        }
    }

    /// The comment after the lines of the interpreter and of the licence.
    private func header(of script: String) throws -> String {
        let text = try String(contentsOf: packageRoot.appending(path: script), encoding: .utf8)
        let header = text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2)
            .prefix { $0.hasPrefix("#") }.map { $0.dropFirst(2) }.joined(separator: "\n")
        #expect(header.count > 40, "no header, or too short a one: \(header)")
        return header
    }

    @Test func `scripts were found`() {
        #expect(Set(Self.scripts).isSuperset(of: [".ci/run", "scripts/demo", "Tests/Hosts/prepare.sh"]))
    }

    @Test func `the newest entry of the change log has the version of the programs`() throws {
        let log = try String(
            contentsOf: packageRoot.appending(path: "scripts/packaging/debian/changelog"), encoding: .utf8)
        #expect(log.hasPrefix("teredowall (\(Version.text)) "))
    }

    /// The paths of the files that may be called by hand, which are the executable ones. Those of scripts/packaging are
    /// called by other programs.
    private static func executables() -> [String] {
        ["scripts", ".ci", "Tests"].flatMap { folder in
            let paths = try? FileManager.default.subpathsOfDirectory(
                atPath: packageRoot.appending(path: folder).path)
            return (paths ?? []).map { "\(folder)/\($0)" }
        }
        .filter { path in
            let file = packageRoot.appending(path: path).path
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) && !isFolder.boolValue
                && FileManager.default.isExecutableFile(atPath: file) && !path.hasPrefix("scripts/packaging/")
        }
        .sorted()
    }
}
