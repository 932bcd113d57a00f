// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The destination of the log.
enum LogDestination: Sendable {
    /// systemd's journal, with fields.
    case journal
    /// Standard error, one line per event.
    case lines
    /// syslog(3).
    case system

    /// The destination to use: syslog if requested, else the journal under systemd, else standard error
    /// unless it leads to /dev/null, else syslog.
    static func automatic(wantsSystemLog: Bool = false) -> LogDestination {
        if wantsSystemLog { return .system }
        if Journal() != nil { return .journal }
        return Files.isNullDevice(2) ? .system : .lines
    }
}
