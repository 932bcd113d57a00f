// SPDX-License-Identifier: GPL-2.0-or-later
import ArgumentParser
import Testing

@testable import teredowall

struct ArgumentTests {
    @Test(arguments: [
        (["status", "--json"], ["status", "--json"]),
        (
            ["--runtime-directory", "/r", "status", "--json"],
            ["status", "--runtime-directory", "/r", "--json"]
        ),
        (["--runtime-directory=/r", "port"], ["port", "--runtime-directory=/r"]),
        (["--runtime-directory"], ["--runtime-directory"]),
        (["--runtime-directory", "/r"], ["--runtime-directory", "/r"]),
        (["--runtime-directories", "x"], ["--runtime-directories", "x"]),
        ([], []),
    ])
    func `an option that selects a daemon is moved behind the subcommand`(given: [String], moved: [String]) {
        #expect(Teredowall.withDaemonOptionsLast(given) == moved)
    }

    @Test(arguments: ["status", "port", "watch", "plan", "rescan", "cleanup", "metrics"])
    func `each of these subcommands accepts a runtime directory given before it`(name: String) throws {
        let arguments = Teredowall.withDaemonOptionsLast(["--runtime-directory", "/r", name])
        #expect(throws: Never.self) { try Teredowall.parseAsRoot(arguments) }
    }
}
