// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Control

extension Teredowall {
    struct Rescan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have teredowalld look for the port and examine the firewall now; for network scripts.",
            discussion: """
                Gives up within a second, whatever state the daemon is in. Needs root. Exit status: 0 when the \
                daemon has done so, 1 when it failed, 3 when it does not run, 4 when it does not answer.
                """)

        @Option(
            help: ArgumentHelp(
                "The interface that came up or went down, for the daemon's log with --debug.",
                valueName: "name"),
            completion: .shellCommand("ls /sys/class/net"))
        var interface: String?

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            // Two calls of at most 0.4 s each (0.1 s to connect, 0.3 s for the answer), so that network scripts wait for less than a second.
            func call<Answer>(_ body: (ControlClient) throws(ControlError) -> Answer) throws -> Answer {
                try daemon.call(timeout: .milliseconds(300), connectTimeout: .milliseconds(100), body)
            }
            let state = try call { client throws(ControlError) in try client.port() }
            try daemon.requireOwnNamespace(state.networkNamespace)
            try call { client throws(ControlError) in try client.rescan(interface: interface) }
        }
    }
}
