// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Control
internal import Platform
internal import TeredoPort

extension Teredowall {
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the Teredo client's port, and a line at every change of it, until interrupted.",
            discussion: """
                The first line is the present state: "started PORT", or "none". Then "changed PORT", "stopped PORT" \
                (the port used last) and "started PORT" follow. Needs neither root nor the daemon.
                """)

        @Flag(help: "Begin each line with the time (RFC 3339, UTC).")
        var timestamps = false

        @Flag(help: "Print a JSON object per line.")
        var json = false

        @OptionGroup var daemon: DaemonOption

        func run() async throws {
            try daemon.enterNamespace()
            var last: UInt16?
            // The port is read at the event `initial`, when the registration is in force: no later change is
            // missed.
            for await event in try Teredo.portChanges(initial: true) {
                switch event {
                case .initial:
                    last = try? Teredo.port()
                    try printChange(last == nil ? "none" : "started", last)
                case .started(let port), .changed(let port):
                    if port == last { continue }
                    try printChange(last == nil ? "started" : "changed", port)
                    last = port
                case .stopped(let port):
                    // A port that ended before the first line has not been printed.
                    if port != last { continue }
                    last = nil
                    try printChange("stopped", port)
                }
            }
        }

        private func printChange(_ type: String, _ port: UInt16?) throws {
            let time = Moment(WallClock.now).text
            if json {
                let number = port.map { String($0) } ?? "null"
                try printLine(#"{"time":"\#(time)","type":"\#(type)","port":\#(number)}"#)
            } else {
                let words = [timestamps ? time : nil, type, port.map { String($0) }]
                try printLine(words.compactMap { $0 }.joined(separator: " "))
            }
        }
    }
}
