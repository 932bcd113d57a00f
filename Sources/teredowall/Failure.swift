// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Platform

/// One line for the user on standard error, and the exit status to end with.
struct Failure: Error, CustomStringConvertible {
    let description: String
    let status: Int32

    init(_ description: String, _ status: Int32) {
        self.description = description
        self.status = status
    }
}

/// Prints at once, also into a pipe, where standard output is buffered otherwise.
func printLine(_ line: String) throws {
    try Files.write(Array((line + "\n").utf8), to: 1)
}
