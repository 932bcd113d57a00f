// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Glibc
import TestSupport

/// libteredoport as `scripts/install` installs it, under a directory of its own, for programs that use only
/// the header and pkg-config.
struct InstalledLibrary {
    let root: String
    private let package: String

    init() throws {
        package = packageRoot.path
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let products = Self.productDirectory(of: program)
        root = NSTemporaryDirectory() + "/teredoport-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        // Its arguments are the package, the root of the installation and the directory of the products.
        let script = """
            set -euo pipefail
            cd "$1"; . scripts/lib/layout.sh
            { library "$3" "$2/lib"; development "$2" "$2/lib"; } | install_layout "$2" ""
            """
        try runProgram("bash", ["-c", script, "bash", package, root, products])
    }

    /// The directory in which libteredoport.so was built: that of the test bundle, since the running program may be
    /// only the loader of the bundle; without a bundle, that of the program.
    private static func productDirectory(of program: String) -> String {
        let candidates =
            CommandLine.arguments.compactMap { argument in
                argument.hasSuffix(".xctest")
                    ? URL(fileURLWithPath: argument).deletingLastPathComponent().path : nil
            } + [URL(fileURLWithPath: program).deletingLastPathComponent().path]
        let found = candidates.first { FileManager.default.fileExists(atPath: $0 + "/libteredoport.so") }
        return found ?? candidates[0]
    }

    func remove() { try? FileManager.default.removeItem(atPath: root) }

    /// Compiles a program with the strictest warnings and the flags of pkg-config, and returns the path of
    /// the program. `packages` are further pkg-config packages that it uses.
    func compile(
        _ compiler: String, _ options: [String], sources: [String], name: String, packages: [String] = []
    ) throws -> String {
        let program = root + "/" + name
        let flags = try runProgram(
            "env",
            ["PKG_CONFIG_PATH=\(root)/lib/pkgconfig", "pkg-config", "--cflags", "--libs", "teredoport"]
                + packages)
        var arguments = options + ["-Wall", "-Wextra", "-Werror", "-o", program]
        arguments += sources.map { $0.hasPrefix("/") ? $0 : path(of: $0) }
        arguments += flags.split(whereSeparator: \.isWhitespace).map { String($0) }
        try runProgram(compiler, arguments + ["-Wl,-rpath,\(root)/lib"])
        return program
    }

    /// The path of a file of the package.
    func path(of file: String) -> String { package + "/" + file }

    /// The text of a file of the package.
    func text(of path: String) throws -> String {
        try String(contentsOfFile: package + "/" + path, encoding: .utf8)
    }

    /// The C sources in a directory of the package.
    func sources(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: package + "/" + directory)
            .filter { $0.hasSuffix(".c") }.sorted().map { directory + "/" + $0 }
    }
}
