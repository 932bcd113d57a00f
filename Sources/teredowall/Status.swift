// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Control
internal import Platform

extension Teredowall {
    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what teredowalld holds open, where, since when, and what it leaves alone.",
            discussion: """
                With --json the answer of io.teredowall.Exceptions.GetStatus, whose fields the varlink interface \
                describes. Anybody may ask.
                """)

        @Flag(help: "Print JSON.")
        var json = false

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            let status = try daemon.ask { client throws(ControlError) in try client.status() }
            if json {
                try printLine(try jsonText(of: status))
            } else {
                let style = Terminal.isTerminal(1) ? StatusText.Style.colour : .plain
                try printLine(StatusText(style: style, now: WallClock.now).text(of: status))
            }
        }
    }
}
