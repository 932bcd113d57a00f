// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Platform

/// One line for the user on standard error, and the exit status to end with.
struct Failure: Error, CustomStringConvertible {
    let description: String
    let status: Int32

    init(_ description: String, _ status: Int32 = ExitStatus.failure) {
        self.description = description
        self.status = status
    }

    /// The one wording for a missing privilege.
    static func notPermitted(_ purpose: String) -> Failure {
        Failure("\(purpose) needs root (CAP_NET_ADMIN): use sudo", ExitStatus.notPermitted)
    }
}

/// Prints at once, also into a pipe, where standard output is buffered otherwise.
///
/// - Throws: ``Failure`` when the line cannot be written: a full disk, or a pipe without a reader.
func printLine(_ line: String) throws {
    do throws(SystemError) {
        try Files.write(Array((line + "\n").utf8), to: 1)
    } catch {
        throw Failure("cannot write the output: \(error)")
    }
}
