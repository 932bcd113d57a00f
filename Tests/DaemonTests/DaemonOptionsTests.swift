// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Daemon

struct DaemonOptionsTests {
    @Test func `the value of an option follows in the next argument or after an equals sign`() throws {
        let options = try DaemonOptions(["--config", "/a", "--runtime-directory=/b=c"])
        #expect(options.configurationPath == "/a")
        #expect(options.runtimeDirectory == "/b=c")
        #expect(options.action == .serve)
    }

    @Test(arguments: [
        (["--version"], DaemonOptions.Action.printVersion),
        (["--help"], .printHelp), (["-h"], .printHelp), (["--check-config"], .checkConfiguration),
    ])
    func `an option for another action replaces the default action, serving`(
        arguments: [String], action: DaemonOptions.Action
    ) throws {
        #expect(try DaemonOptions(arguments).action == action)
    }

    @Test(arguments: [["--config"], ["--config="], ["--verbose"], ["serve"], ["-x"], ["--version=1"]])
    func `unknown arguments and options with a missing or unwanted value are refused`(arguments: [String]) {
        #expect(throws: ArgumentError.self) { try DaemonOptions(arguments) }
    }
}
