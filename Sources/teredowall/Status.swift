// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Control
internal import Platform

extension Teredowall {
    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what teredowalld holds open, where, since when, and what it leaves alone.",
            discussion: """
                Any user may call it. With --json it prints the answer of io.teredowall.Exceptions.GetStatus, whose \
                fields the varlink interface describes. Exit status: 0 when all is as it should be (also while no \
                client runs), 3 when the daemon does not run, 4 when it does not answer, 5 when there is a problem, \
                a port is not opened, a row is not served or something is left alone.
                """)

        @Flag(help: "Print JSON.")
        var json = false

        @Flag(name: .shortAndLong, help: "Print nothing; only set the exit status.")
        var quiet = false

        @Flag(help: "Print it again every two seconds, until interrupted.")
        var watch = false

        @Option(help: "When to print colours.")
        var color = ColourOption.auto

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            repeat {
                let status = try daemon.call { client throws(ControlError) in try client.status() }
                try daemon.requireOwnNamespace(status.networkNamespace)
                // Clears the terminal.
                if watch && Terminal.isTerminal(1) && !json { try printLine("\u{1B}[H\u{1B}[2J") }
                if !quiet { try show(status) }
                if !watch && !StatusText.isWell(status) { throw ExitCode(ExitStatus.unserved) }
                if watch { _ = try waitForEvents(from: [], until: .now + .seconds(2)) }
            } while watch
        }

        private func show(_ status: Control.Status) throws {
            if json { return try printLine(try jsonText(of: status)) }
            try printLine(
                StatusText(status, now: Moment(WallClock.now), sheet: .forOutput(color.setting)).text)
        }
    }
}
