// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

@testable import Configuration
@testable import Daemon

/// Tests that the documentation of the programs agrees with the programs.
@Suite struct ManualTests {
    @Test func `teredowalld(8) has every option of --help, and no other`() async throws {
        let help = try await DebianSystem.runOutside(built("teredowalld"), ["--help"])
        #expect(options(ofHelp: help) == (try options(ofPage: "teredowalld.8")))
    }

    @Test func `teredowalld(8) has the number of every kind of log entry, and no other`() throws {
        let page = try String(contentsOf: manual("teredowalld.8"), encoding: .utf8)
        let numbers = page.matches(of: /\.It Li ([0-9a-f]{32})/).map { String($0.output.1) }
        #expect(numbers.sorted() == LogKind.allCases.map(\.rawValue).sorted())
    }

    @Test func `teredowall(8) has every subcommand and option, and no other`() async throws {
        let dump = try await DebianSystem.runOutside(
            built("teredowall"), ["--experimental-dump-help"])
        let tool = try JSONDecoder().decode(ToolInfo.self, from: Data(dump.utf8))
        let page = try String(contentsOf: manual("teredowall.8"), encoding: .utf8)
        let described = Set(
            page.split(separator: "\n").filter { $0.hasPrefix(".It Cm ") }
                .compactMap { $0.split(separator: " ").dropFirst(2).first.map(String.init) })
        #expect(described == Set((tool.command.subcommands ?? []).map(\.commandName)).subtracting(["help"]))
        #expect(try options(ofPage: "teredowall.8") == tool.command.allOptions)
    }

    /// The section SECURITY of teredowalld(8).
    private func securityNotes() throws -> Substring {
        let page = try String(contentsOf: manual("teredowalld.8"), encoding: .utf8)
        return try #require(page.split(separator: ".Sh SECURITY").last?.split(separator: ".Sh ").first)
    }

    @Test func `every sentence of the security notes names its test`() throws {
        var untested: [String] = []
        var sentence = "", isTested = false, count = 0
        func endSentence() {
            if !sentence.isEmpty && !isTested { untested.append(sentence) }
            if !sentence.isEmpty { count += 1 }
            (sentence, isTested) = ("", false)
        }
        // Skips the introduction before the first heading. As mdoc(7) demands, a sentence ends with its line. A line
        // that begins with ".Pq" names tests; ".Pq Dv" names a constant.
        for line in try securityNotes().split(separator: "\n").drop(while: { !$0.hasPrefix(".Ss ") }) {
            if line.hasPrefix(".Pq ") && !line.hasPrefix(".Pq Dv ") {
                isTested = true
                if line.hasSuffix(" .") { endSentence() }
            } else if line.prefixMatch(of: /\.(Ss|Bl|El|It)\b/) != nil {
                endSentence()
            } else {
                sentence += " " + line
                if line.hasSuffix(".") { endSentence() }
            }
        }
        endSentence()
        #expect(untested == [])
        // Shows that the sentences were found.
        #expect(count > 20)
    }

    @Test func `every test that the security notes name exists`() throws {
        let notes = try securityNotes()
        let named = notes.split(separator: "\n").filter { $0.hasPrefix(".Pq ") && !$0.hasPrefix(".Pq Dv ") }
            .flatMap { $0.dropFirst(4).split(separator: ";") }
            .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " .,")) }
            .filter { !$0.isEmpty }
        let folder = packageRoot.appending(path: "Tests")
        let tests = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix("Tests.swift") }
            .map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }.joined()
        // Shows that the names were found.
        #expect(named.count > 30)
        for name in named {
            // A Swift test has its name in back quotes; a case that a script runs is an argument, in quotes.
            let exists = tests.contains("func `\(name)`") || tests.contains("\"\(name)\"")
            #expect(exists, "no test is called \(name)")
        }
    }

    @Test func `the installed configuration has every key with its default`() throws {
        let text = try String(
            contentsOf: packageRoot.appending(path: "scripts/packaging/etc/teredowall.toml"), encoding: .utf8)
        var section = ""
        var keys: [String] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("[") { section = String(line.dropFirst().dropLast()) }
            // A commented-out key follows directly after "#"; a space after "#" marks an explanation.
            guard line.hasPrefix("#"), !line.hasPrefix("# ") else { continue }
            guard let name = line.dropFirst().split(separator: " ").first else { continue }
            keys.append("\(section).\(name)")
        }
        #expect(keys.sorted() == ConfigurationKey.all.map(\.fullName).sorted())

        // Both the file as it is and the file with every key uncommented must give the default configuration.
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("#") && !$0.hasPrefix("# ") ? String($0.dropFirst()) : String($0) }
            .joined(separator: "\n")
        for version in [text, uncommented] {
            var configuration = Configuration()
            try configuration.apply(Array(version.utf8), file: "teredowall.toml")
            #expect(configuration == Configuration())
        }
    }

    @Test func `teredowall.toml(5) has every key, and no other`() throws {
        let page = try String(contentsOf: manual("teredowall.toml.5"), encoding: .utf8)
        var section = ""
        var keys: [String] = []
        for line in page.split(separator: "\n") {
            if line.hasPrefix(".Ss [") { section = String(line.dropFirst(5).dropLast()) }
            if line.hasPrefix(".It Ic ") {
                keys.append("\(section).\(line.split(separator: " ").dropFirst(2).first ?? "")")
            }
        }
        #expect(keys.sorted() == ConfigurationKey.all.map(\.fullName).sorted())
    }

    private func manual(_ name: String) -> URL {
        packageRoot.appending(path: "scripts/packaging/man/\(name)")
    }

    private func options(ofHelp text: String) -> Set<String> {
        Set(text.matches(of: /--[a-z-]+/).map { String($0.output) })
    }

    /// The options that a page lists: `.It Fl -name`.
    private func options(ofPage name: String) throws -> Set<String> {
        let entries = try String(contentsOf: manual(name), encoding: .utf8)
            .split(separator: "\n").filter { $0.hasPrefix(".It Fl ") }
        return Set(entries.flatMap { $0.matches(of: #/ -[a-z-]+/#).map { "-" + $0.output.dropFirst() } })
    }
}

/// The description of a program that its argument parser dumps.
private struct ToolInfo: Decodable {
    var command: Command

    struct Command: Decodable {
        var commandName: String
        var subcommands: [Command]?
        var arguments: [Argument]?

        var allOptions: Set<String> {
            let own = (arguments ?? []).filter { $0.shouldDisplay != false }
                .flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map { "--\($0.name)" }
            return (subcommands ?? []).filter { $0.commandName != "help" }
                .reduce(into: Set(own)) { $0.formUnion($1.allOptions) }
        }
    }

    struct Argument: Decodable {
        var shouldDisplay: Bool?
        var names: [Name]?
    }

    struct Name: Decodable {
        var kind: String
        var name: String
    }
}
