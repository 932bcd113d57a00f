// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Reports the service's state to systemd with the datagrams of sd_notify(3). Does nothing without systemd.
public enum ServiceManager {
    /// Sends lines such as `READY=1` or `STATUS=…` as one message.
    ///
    /// - Throws: ``SystemError`` when systemd's socket cannot be reached.
    public static func notify(_ lines: [String]) throws(SystemError) {
        guard let path = Environment.value(of: "NOTIFY_SOCKET") else { return }
        let socket = try UnixDatagramSocket()
        try socket.send(Array(lines.joined(separator: "\n").utf8), to: path)
    }

    /// The interval within which systemd expects `WATCHDOG=1` from this process; nil if systemd expects none.
    /// Send `WATCHDOG=1` twice per interval, so that systemd tolerates a delay.
    public static var watchdogInterval: Duration? {
        guard let microseconds = Environment.value(of: "WATCHDOG_USEC").flatMap(Int64.init), microseconds > 0
        else {
            return nil
        }
        if let process = Environment.value(of: "WATCHDOG_PID"), process != "\(getpid())" { return nil }
        return .microseconds(microseconds)
    }
}
