// SPDX-License-Identifier: GPL-2.0-or-later
internal import Logging
internal import Platform

/// The daemon's log. Metadata become fields of the journal: `table` becomes TEREDOWALL_TABLE, and the kind of the
/// entry (``LogKind``) becomes MESSAGE_ID.
struct DaemonLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    let destination: LogDestination

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = LogText.shortened(event.message.description).replacing("\n", with: " ")
        let priority = Self.priority(of: event.level)
        // Errors are ignored, because there is no other place to report that the log cannot be written.
        switch destination {
        case .journal:
            let fields = Self.fields(of: event.metadata ?? [:], message: line, priority: priority)
            // While the journal restarts, systemd keeps what is written to standard error.
            if let journal = Journal(), (try? journal.send(fields)) != nil { return }
            try? Files.write(Array("<\(priority)>\(line)\n".utf8), to: 2)
        case .lines:
            try? Files.write(Array("teredowalld: \(Self.prefix(for: event.level))\(line)\n".utf8), to: 2)
        case .system: SystemLog.write(line, priority: priority)
        }
    }

    static func fields(
        of metadata: Logger.Metadata, message: String, priority: Int
    ) -> [(name: String, value: String)] {
        let metadataFields = metadata.sorted { $0.key < $1.key }.map { key, value in
            (name: key == LogKind.key ? "MESSAGE_ID" : "TEREDOWALL_" + key.uppercased(), value: "\(value)")
        }
        return [
            ("MESSAGE", message), ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "teredowalld"),
        ] + metadataFields
    }

    /// The severity of syslog(3).
    private static func priority(of level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    private static func prefix(for level: Logger.Level) -> String {
        switch level {
        case .trace, .debug, .info, .notice: ""
        case .warning: "warning: "
        case .error, .critical: "error: "
        }
    }
}

extension Logger {
    static func daemon(_ destination: LogDestination = .automatic(), level: Logger.Level = .info) -> Logger {
        Logger(label: "teredowalld") { _ in DaemonLog(logLevel: level, destination: destination) }
    }
}
