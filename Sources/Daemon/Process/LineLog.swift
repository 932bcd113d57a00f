// SPDX-License-Identifier: GPL-2.0-or-later
internal import Logging
internal import Platform

/// Writes one line an event to standard error; under systemd with the `<N>` prefix of its priority
/// (sd-daemon(3)), elsewhere with the level's name where that is a warning or worse.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    let journal: Bool

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let prefix = journal ? "<\(Self.priority(of: event.level))>" : Self.word(for: event.level)
        let line = event.message.description.replacing("\n", with: " ")
        // A log that cannot be written has nowhere to complain to.
        try? Files.write(Array("\(prefix)\(line)\n".utf8), to: 2)
    }

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

    private static func word(for level: Logger.Level) -> String {
        switch level {
        case .trace, .debug, .info, .notice: ""
        case .warning: "warning: "
        case .error, .critical: "error: "
        }
    }
}

extension Logger {
    /// The daemon's log. `JOURNAL_STREAM` in the environment says that systemd reads standard error.
    static func daemon() -> Logger {
        let journal = Environment.value(of: "JOURNAL_STREAM") != nil
        return Logger(label: "teredowalld") { _ in LineLog(journal: journal) }
    }
}
