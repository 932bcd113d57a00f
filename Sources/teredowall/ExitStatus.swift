// SPDX-License-Identifier: GPL-2.0-or-later

/// The exit statuses of all subcommands, as in the table of teredowall(8).
enum ExitStatus {
    static let failure: Int32 = 1
    /// `check`: the result is unknown.
    static let unknown: Int32 = 2
    /// The daemon is not running; `port` and `check`: the client has no port.
    static let notRunning: Int32 = 3
    /// The daemon does not answer; `port`: the host has no IPv6 stack.
    static let noAnswer: Int32 = 4
    /// `status`: there is a problem, a port is not opened, a row is not served, or something is left alone.
    static let unserved: Int32 = 5
    /// EX_USAGE of sysexits.h, which ArgumentParser uses.
    static let usage: Int32 = 64
    /// EX_NOPERM of sysexits.h.
    static let notPermitted: Int32 = 77
}
