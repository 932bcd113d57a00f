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
    func `the daemon's option may stand in front of the subcommand`(given: [String], read: [String]) {
        #expect(Teredowall.withDaemonOptionsLast(given) == read)
    }

    @Test(arguments: ["status", "port", "watch", "plan", "rescan", "cleanup", "metrics"])
    func `every subcommand accepts the option of the daemon`(name: String) throws {
        let arguments = Teredowall.withDaemonOptionsLast(["--runtime-directory", "/r", name])
        #expect(throws: Never.self) { try Teredowall.parseAsRoot(arguments) }
    }
}
