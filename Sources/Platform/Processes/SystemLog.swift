// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The system log of hosts without a journal, by syslog(3).
public enum SystemLog {
    /// Writes a message; `priority` is 0 (emergency) to 7 (debug), as in syslog(3). Any thread.
    public static func write(_ message: String, priority: Int) {
        unsafe clinux_syslog(CInt(priority), message)
    }
}
