// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// The varlink package of PyPI, run by Python: a client that is independent of this project.
enum IndependentClient {
    private static let python: String? = try? runProgram(
        "bash", [packageRoot.appending(path: "Tests/Hosts/varlink-client.sh").path]
    ).trimmingCharacters(in: .whitespacesAndNewlines)

    /// Why a test is skipped or fails.
    static let need: Comment = "needs the varlink package of PyPI: run Tests/Hosts/prepare.sh ControlTests"

    /// True if the tests that need this client must run: if it is installed, or if no test may be skipped
    /// (TEREDOWALL_REQUIRE_KERNEL=1). In the second case they fail without it.
    static var isExpected: Bool {
        python != nil || ProcessInfo.processInfo.environment["TEREDOWALL_REQUIRE_KERNEL"] == "1"
    }

    /// Runs the client on the socket at `path` and returns the printed answers. `words` are its further
    /// arguments.
    static func run(_ path: String, _ words: String...) async throws -> [String] {
        let (program, script) = try command()
        let output = try await blocking { try runProgram(program, [script, path] + words) }
        return output.split(separator: "\n").map(String.init)
    }

    /// Starts the client in the background, for subscriptions.
    static func start(_ path: String, _ words: String..., log: URL) throws -> BackgroundProcess {
        let (program, script) = try command()
        return try BackgroundProcess(program, [script, path] + words, log: log)
    }

    private static func command() throws -> (program: String, script: String) {
        let program = try #require(python, need)
        return (program, try #require(Bundle.module.path(forResource: "independent-client", ofType: "py")))
    }
}
