// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Platform

/// An error line for the user, and the exit status.
struct Failure: Error, CustomStringConvertible {
    let description: String
    let status: Int32

    init(_ description: String, _ status: Int32 = ExitStatus.failure) {
        self.description = description
        self.status = status
    }

    /// The error for a missing privilege. `purpose` is the subject of the sentence: "a plan"; `capability` is the
    /// capability that suffices, nil when only the user root will do.
    static func notPermitted(_ purpose: String, capability: String? = "CAP_NET_ADMIN") -> Failure {
        let detail = capability.map { " (\($0))" } ?? ""
        return Failure("\(purpose) needs root\(detail): use sudo", ExitStatus.notPermitted)
    }
}

/// Prints a line without delay, even into a pipe, where standard output would be buffered.
///
/// - Throws: ``Failure`` when the line cannot be written, for instance to a full disk or a closed pipe.
func printLine(_ line: String) throws {
    do throws(SystemError) {
        try Files.write(Array((line + "\n").utf8), to: 1)
    } catch {
        throw Failure("cannot write the output: \(error)")
    }
}
