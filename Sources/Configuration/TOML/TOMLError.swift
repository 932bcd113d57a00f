// SPDX-License-Identifier: GPL-2.0-or-later

/// A syntax error with its line, counted from 1.
struct TOMLError: Error {
    var line: Int
    var reason: String
}
