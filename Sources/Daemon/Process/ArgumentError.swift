// SPDX-License-Identifier: GPL-2.0-or-later

/// Arguments that are not accepted; `reason` is a clause for the user.
struct ArgumentError: Error {
    var reason: String
}
