// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Control

extension Teredowall {
    struct Rescan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have teredowalld look for the port and at the firewall now; for network scripts.",
            discussion: "Gives up after half a second, whatever state the daemon is in. Needs root.")

        @Option(
            help: ArgumentHelp("The interface that came up or went down, for the log.", valueName: "name"))
        var interface: String?

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.ask(timeout: .milliseconds(300), connectTimeout: .milliseconds(100)) {
                client throws(ControlError) in
                try client.rescan(interface: interface)
            }
        }
    }
}
