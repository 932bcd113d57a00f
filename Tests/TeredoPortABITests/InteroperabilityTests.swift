// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

/// Tests programs in several languages and with several event loops that follow a client through the installed
/// library.
@Suite(.enabledAsRoot)
final class InteroperabilityTests {
    private let library: InstalledLibrary
    private let folder = "Tests/Interoperability/"

    init() throws { library = try InstalledLibrary() }

    deinit { library.remove() }

    /// Starts and stops a client beside a program that prints "ready" and then the client's changes, and which must end
    /// with status 0 after the first stop.
    private func expectToFollow(_ program: String, _ arguments: [String] = []) async throws {
        let namespace = try NetworkNamespace.forTest()
        let uid = try #require(try Users.uid(named: "miredo"))
        let log = URL(fileURLWithPath: library.root + "/log-\(UInt32.random(in: 0 ... .max))")
        let process = try BackgroundProcess(
            "nsenter",
            ["--net=\(namespace.path)", "env", "LD_LIBRARY_PATH=\(library.root)/lib", program] + arguments,
            log: log)
        try await eventually("the program's readiness", within: .seconds(60), seen: { process.text }) {
            process.text.contains("ready\n")
        }
        let tunnel = try TestTunnel(in: namespace)
        var client: TestSocket? = try TestSocket(in: namespace, uid: uid)
        let port = try #require(client?.port)
        try await eventually("the client's start", within: .seconds(60), seen: { process.text }) {
            process.text.contains("open \(port)\n")
        }
        withExtendedLifetime((tunnel, client)) {}
        client = nil
        #expect(try await process.end(within: .seconds(60)) == 0)
        #expect(process.text == "ready\nopen \(port)\nclose \(port)\n")
    }

    @Test func `a program in C++ follows the port`() async throws {
        let program = try library.compile(
            "g++", ["-std=c++17", "-pthread"], sources: [folder + "callback.cc"], name: "cxx")
        try await expectToFollow(program)
    }

    @Test func `a program in Rust follows the port`() async throws {
        let program = library.root + "/rust"
        try runProgram(
            "rustc",
            [
                "--edition=2021", "-D", "warnings", "-L", "native=\(library.root)/lib", "-o", program,
                library.path(of: folder + "callback.rs"),
            ])
        try await expectToFollow(program)
    }

    @Test func `a program in Go follows the port`() async throws {
        let program = library.root + "/go"
        let settings = [
            "GO111MODULE=off", "GOFLAGS=", "GOCACHE=\(library.root)/go-cache",
            "GOPATH=\(library.root)/go-path",
            "HOME=\(library.root)", "PKG_CONFIG_PATH=\(library.root)/lib/pkgconfig",
        ]
        try runProgram(
            "env", settings + ["go", "build", "-o", program, library.path(of: folder + "callback.go")])
        try await expectToFollow(program)
    }

    @Test(arguments: ["callback_ctypes.py", "callback_cffi.py"])
    func `a program in Python follows the port`(name: String) async throws {
        try await expectToFollow("python3", [library.path(of: folder + name)])
    }

    private static let loops = ["poll", "GLib", "libuv", "sd-event"]

    @Test(arguments: loops)
    func `the documentation's example for a loop follows the port`(loop: String) async throws {
        let text = try example(for: loop)
        let source = "\(library.root)/loop.c"
        try text.write(toFile: source, atomically: true, encoding: .utf8)
        // The first line of the source is a comment with the command that compiles it, which ends with
        // $(pkg-config … teredoport PACKAGE…).
        let line = try #require(text.split(separator: "\n").first)
        let words = line.split { " ()".contains($0) }.map(String.init)
        let packages = words.drop { $0 != "teredoport" }.dropFirst().filter { $0 != "*/" }
        let standard = try #require(words.first { $0.hasPrefix("-std=") })
        let program = try library.compile(
            "gcc", [standard], sources: [source], name: "loop", packages: Array(packages))
        try await expectToFollow(program)
    }

    @Test func `the documentation's example for asyncio follows the port`() async throws {
        let source = "\(library.root)/loop.py"
        try example(for: "asyncio").write(toFile: source, atomically: true, encoding: .utf8)
        try await expectToFollow("python3", [source])
    }

    /// The program below a heading of the documentation page about descriptors.
    private func example(for loop: String) throws -> String {
        let lines = try library.text(of: "Sources/TeredoPort/TeredoPort.docc/WaitingForADescriptor.md")
            .split(separator: "\n", omittingEmptySubsequences: false)
        let heading = try #require(lines.firstIndex(of: "### \(loop)"))
        let start = try #require(lines[heading...].firstIndex { $0.hasPrefix("```") })
        return lines[(start + 1)...].prefix { $0 != "```" }.joined(separator: "\n") + "\n"
    }
}
