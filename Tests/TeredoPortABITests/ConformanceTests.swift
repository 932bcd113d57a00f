// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport
import Testing

/// The C suite, built against the installed library.
@Suite(.enabled(if: geteuid() == 0, "needs root for network namespaces"))
final class ConformanceTests {
    private let library: InstalledLibrary

    init() throws { library = try InstalledLibrary() }

    deinit { library.remove() }

    private func suite() throws -> String {
        try library.compile(
            "gcc", ["-std=c17", "-O1", "-pthread"], sources: library.sources(in: "Tests/Conformance"),
            name: "suite")
    }

    @Test func `the library does what Windows documents, seen from C`() throws {
        let output = try NetworkNamespace.forTest().command(try suite())
        #expect(output == "port: passed\ncancel: passed\ncrowd: passed\nfork: passed\naddress: passed\n")
    }

    @Test func `a user without privileges sees the same`() throws {
        // The directory of the library is root's, and closed to others.
        try runProgram("chmod", ["755", library.root])
        let output = try NetworkNamespace.forTest().command(try suite(), ["--user", "65534"])
        #expect(output == "port: passed\ncancel: passed\ncrowd: passed\nfork: passed\naddress: passed\n")
    }

    @Test func `the header is C++ as well, and goes by its Windows names`() throws {
        let program = try library.compile(
            "g++", ["-std=c++17"], sources: ["Tests/Conformance/cplusplus.cc"], name: "cplusplus")
        try NetworkNamespace.forTest().command(program)
    }

    @Test func `nothing but the functions is exported, under a version`() throws {
        let symbols = try runProgram(
            "nm", ["-D", "-g", "--defined-only", library.root + "/lib/libteredoport.so"]
        )
        .split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
        let names = [
            "CancelMibChangeNotify2", "FreeMibTable", "GetTeredoPort", "NotifyStableUnicastIpAddressTable",
            "NotifyTeredoPortChange", "TeredoStatusMessage", "TeredoStatusToNtstatus", "TeredoStatusToWin32",
            "TeredoSystemPortsGet", "TeredoSystemPortsSubscribe",
        ]
        #expect(Set(symbols) == Set(names.map { $0 + "@@TEREDOPORT_1" } + ["TEREDOPORT_1"]))
        let header = try runProgram("readelf", ["-d", library.root + "/lib/libteredoport.so.1"])
        #expect(header.contains("soname: [libteredoport.so.1]"))
        #expect(!header.contains("libswift"))
    }
}
