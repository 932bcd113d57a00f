// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

/// Compiles sources with the names of Windows, some of them with mingw-w64's headers, which have those names too.
@Suite(.enabledAsRoot)
final class WindowsNamesTests {
    private let library: InstalledLibrary
    private let folder = "Tests/Conformance/windows/"
    private static let windowsHeaders = "/usr/share/mingw-w64/include"

    init() throws { library = try InstalledLibrary() }

    deinit { library.remove() }

    @Test(arguments: [
        ["gcc", "-std=c89"], ["gcc", "-std=c17"], ["g++", "-std=c++98", "-x", "c++"],
        ["g++", "-std=c++20", "-x", "c++"], ["clang", "-std=c89"],
    ])
    func `a caller written for Windows compiles, and gets Win32 codes`(compiler: [String]) throws {
        let program = try library.compile(
            compiler[0], Array(compiler.dropFirst()) + ["-pedantic"], sources: [folder + "caller.c"],
            name: "caller")
        let namespace = try NetworkNamespace.forTest()
        try namespace.command("ip", ["link", "set", "lo", "up"])
        #expect(try namespace.command(program) == "as on Windows\n")
    }

    @Test func `the same caller compiles with the headers of mingw-w64`() throws {
        try runProgram(
            "clang",
            [
                "--target=x86_64-w64-mingw32", "-isystem", Self.windowsHeaders, "-Wall", "-Wextra", "-Werror",
                "-fsyntax-only", library.path(of: folder + "caller.c"),
            ])
    }

    /// The entries of names.txt: each name of mingw-w64's header, and its kind in this package ("absent" without one).
    private func names() throws -> [(kind: String, name: String)] {
        try library.text(of: folder + "names.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { line in
                let words = line.split(separator: " ").map(String.init)
                return (words[0], words[1])
            }
    }

    @Test(arguments: [[], ["-DTEREDOPORT_WIN32_CODES"]])
    func `each name that is listed with a kind is declared as that kind`(options: [String]) throws {
        let uses = try names().enumerated().compactMap { index, entry -> String? in
            switch entry.kind {
            case "type": "static \(entry.name) *use_\(index);"
            case "tag":
                entry.name == "_MIB_NOTIFICATION_TYPE"
                    ? "static enum \(entry.name) *use_\(index);"
                    : "static struct \(entry.name) *use_\(index);"
            case "value": "enum { use_\(index) = \(entry.name) };"
            case "macro": "#ifndef \(entry.name)\n#error \(entry.name) is missing\n#endif"
            case "function": "static void *use_\(index)(void) { return (void *)\(entry.name); }"
            default: nil  // absent
            }
        }
        let source = library.root + "/names.c"
        try
            (["#define TEREDOPORT_WINDOWS_NAMES", "#include <netioapi.h>"] + uses + [
                "int main(void) { return 0; }\n"
            ])
            .joined(separator: "\n").write(toFile: source, atomically: true, encoding: .utf8)
        _ = try library.compile(
            "gcc", ["-std=gnu17", "-Wno-unused"] + options, sources: [source], name: "names")
    }

    @Test func `every name that mingw-w64's header declares is listed`() throws {
        let declared = try runProgram(
            "python3", [library.path(of: folder + "mingw-names.py"), Self.windowsHeaders + "/netioapi.h"]
        )
        .split(separator: "\n").map(String.init)
        #expect(declared.count > 100)
        // A newer header may declare more names; each must be added to the list.
        let known = Set(try names().map(\.name))
        #expect(declared.filter { !known.contains($0) } == [])
    }

    @Test(arguments: [("ODBC", "odbc"), ("PCSC", "libpcsclite")])
    func `the header can be included together with headers that define the same names`(
        name: String, package: String
    ) throws {
        for compiler in [["gcc"], ["g++", "-x", "c++"]] {
            let program = try library.compile(
                compiler[0], ["-DWITH_\(name)"] + compiler.dropFirst(), sources: [folder + "neighbours.c"],
                name: "neighbours", packages: [package])
            try NetworkNamespace.forTest().command(program)
        }
    }
}
