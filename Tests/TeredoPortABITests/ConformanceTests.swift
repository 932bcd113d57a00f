// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

/// Builds and runs the C suite with the installed library.
@Suite(.enabledAsRoot)
final class ConformanceTests {
    private let library: InstalledLibrary

    init() throws { library = try InstalledLibrary() }

    deinit { library.remove() }

    /// The output of the suite when all groups of cases pass.
    private static let allPassed = [
        "port", "answer", "choice", "poll", "cancel", "crowd", "fork", "address", "shortage",
    ]
    .map { "\($0): passed\n" }.joined()

    /// Builds the suite, and returns the path of the program.
    private func suite() throws -> String {
        try library.compile(
            "gcc", ["-std=c17", "-O1", "-pthread"], sources: library.sources(in: "Tests/Conformance"),
            name: "suite")
    }

    @Test func `the functions do what Windows documents, when called from C`() throws {
        #expect(try NetworkNamespace.forTest().command(try suite()) == Self.allPassed)
    }

    @Test func `the functions do the same for an unprivileged user`() throws {
        // The directory of the library belongs to root and is closed to other users.
        try runProgram("chmod", ["755", library.root])
        let nobody = "65534"
        let output = try NetworkNamespace.forTest().command(try suite(), ["--user", nobody])
        #expect(output == Self.allPassed)
    }

    @Test func `the header with the names of Windows is valid C++`() throws {
        let program = try library.compile(
            "g++", ["-std=c++17"], sources: ["Tests/Conformance/cplusplus.cc"], name: "cplusplus")
        try NetworkNamespace.forTest().command(program)
    }

    @Test func `only the documented functions are exported, with versions, and no Swift library is needed`()
        throws
    {
        let symbols = try runProgram(
            "nm", ["-D", "-g", "--defined-only", library.root + "/lib/libteredoport.so"]
        )
        .split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
        let promised = try library.text(of: "Sources/CTeredoPort/teredoport.abi").split(separator: "\n")
            .filter { $0.hasPrefix("symbol ") }.map { String($0.dropFirst("symbol ".count)) }
        #expect(promised.count > 10)
        #expect(Set(symbols) == Set(promised + ["TEREDOPORT_1", "TEREDOPORT_1.1"]))
        let dynamicSection = try runProgram("readelf", ["-d", library.root + "/lib/libteredoport.so.1"])
        #expect(dynamicSection.contains("soname: [libteredoport.so.1]"))
        #expect(!dynamicSection.contains("libswift"))
    }

    @Test func `the library can be unloaded before a registration, and stays loaded after one`() throws {
        // --as-needed: the program itself is not linked to the library, but loads it with dlopen.
        let program = try library.compile(
            "gcc", ["-std=c17", "-pthread", "-Wl,--as-needed"],
            sources: ["Tests/Conformance/unload/unload.c"],
            name: "unload")
        let output = try NetworkNamespace.forTest().command(
            program, [library.root + "/lib/libteredoport.so.1"])
        // Two initial notifications in each of five rounds.
        #expect(output == "10 calls\n")
    }

    @Test func `the first example of the page about the C library compiles and runs`() throws {
        let example = try example(in: "Sources/TeredoPort/TeredoPort.docc/UsingTheCLibrary.md")
        try example.write(toFile: library.root + "/example.c", atomically: true, encoding: .utf8)
        let program = try library.compile(
            "gcc", ["-std=c17"], sources: [library.root + "/example.c"], name: "example")
        // The program runs until the signal ends it: 143 is 128 + SIGTERM.
        let outcome = try NetworkNamespace.forTest().command(
            "sh", ["-c", "timeout --preserve-status -s TERM 1 \(program); echo $?"])
        #expect(outcome == "143\n")
    }

    /// The first C program in a document: from its first directive to the end of the indented or fenced lines.
    private func example(in document: String) throws -> String {
        let lines = try library.text(of: document).split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasSuffix("#include <netioapi.h>") })
        let margin = lines[start].prefix { $0 == " " }
        return lines[start...].prefix { $0.isEmpty || ($0.hasPrefix(margin) && $0 != "```") }
            .map { $0.dropFirst(margin.count) }.joined(separator: "\n")
    }
}
