// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Tells systemd how the service is, by the datagrams of sd_notify(3); does nothing under anything else.
public enum ServiceManager {
    /// Sends lines such as `READY=1` or `STATUS=…` as one message.
    ///
    /// - Throws: when systemd asked for messages and cannot be reached.
    public static func notify(_ lines: [String]) throws(SystemError) {
        guard let path = Environment.value(of: "NOTIFY_SOCKET") else { return }
        let socket = try UnixDatagramSocket()
        try socket.send(Array(lines.joined(separator: "\n").utf8), to: path)
    }

    /// How often systemd wants to hear `WATCHDOG=1`, if it does from this process; half of it is a good rhythm.
    public static var watchdogInterval: Duration? {
        guard let microseconds = Environment.value(of: "WATCHDOG_USEC").flatMap(Int64.init), microseconds > 0
        else {
            return nil
        }
        if let process = Environment.value(of: "WATCHDOG_PID"), process != "\(getpid())" { return nil }
        return .microseconds(microseconds)
    }
}
