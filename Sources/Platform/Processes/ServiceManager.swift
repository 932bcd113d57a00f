// SPDX-License-Identifier: GPL-2.0-or-later
internal import Glibc

/// Tells systemd how the service is, by the datagrams of sd_notify(3); does nothing under anything else.
public enum ServiceManager {
    /// Sends lines such as `READY=1` or `STATUS=…` as one message.
    ///
    /// - Throws: when systemd asked for messages and cannot be reached.
    public static func notify(_ lines: [String]) throws(SystemError) {
        guard let path = Environment.value(of: "NOTIFY_SOCKET") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw SystemError("use NOTIFY_SOCKET", code: ENAMETOOLONG) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        // A leading @ stands for the zero byte of an abstract name.
        if path.hasPrefix("@") { address.sun_path.0 = 0 }
        let length = socklen_t(MemoryLayout.size(ofValue: address) - capacity + path.utf8.count)
        let socket = Descriptor(
            owning: try check("make a socket") {
                Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
            })
        let message = Array(lines.joined(separator: "\n").utf8)
        try check("notify the service manager at \(path)") {
            unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    unsafe message.withUnsafeBytes { bytes in
                        unsafe sendto(
                            socket.rawValue, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL), generic,
                            length)
                    }
                }
            }
        }
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
