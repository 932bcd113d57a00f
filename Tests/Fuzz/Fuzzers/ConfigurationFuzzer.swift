// SPDX-License-Identifier: GPL-2.0-or-later
import Planner

@testable import Configuration

/// Parses the bytes as a configuration file. The parser must return a configuration, or errors that each have
/// a line and a reason.
@_cdecl("fuzz_configuration")
public func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var configuration = Configuration()
    do throws(ConfigurationError) {
        try configuration.apply(bytes, file: "f")
        precondition(!configuration.clientUser.isEmpty)
        // The accepted leases: 3 seconds to 24 hours.
        precondition((Duration.seconds(3) ... .seconds(86_400)).contains(configuration.policy.lease))
    } catch {
        precondition(!error.problems.isEmpty && configuration == Configuration())
        let lines = bytes.count { $0 == 0x0A } + 1
        for problem in error.problems {
            precondition((1...lines).contains(problem.line ?? 0) && !problem.reason.isEmpty)
            // However long the text in question is.
            precondition(problem.description.utf8.count < 2_000)
        }
    }
    return 0
}
