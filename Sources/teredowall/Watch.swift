// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import TeredoPort

extension Teredowall {
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a line at every change of the Teredo client's port, until interrupted.",
            discussion: "Needs neither root nor the daemon.")

        @Flag(help: "Confirm the registration first, as NotifyTeredoPortChange's InitialNotification does.")
        var initial = false

        @Flag(help: "Print a JSON object a line.")
        var json = false

        @OptionGroup var daemon: DaemonOption

        func run() async throws {
            for await event in try Teredo.portChanges(initial: initial) {
                try printLine(json ? Self.json(event) : Self.text(event))
            }
        }

        private static func text(_ event: TeredoPortEvent) -> String {
            switch event {
            case .initial: "initial"
            case .started(let port): "started \(port)"
            case .changed(let port): "changed \(port)"
            case .stopped(let lastPort): "stopped \(lastPort)"
            }
        }

        /// The port is 0 with "initial", and the port to remove with "stopped".
        private static func json(_ event: TeredoPortEvent) -> String {
            switch event {
            case .initial: #"{"type":"initial","port":0}"#
            case .started(let port): #"{"type":"started","port":\#(port)}"#
            case .changed(let port): #"{"type":"changed","port":\#(port)}"#
            case .stopped(let lastPort): #"{"type":"stopped","port":\#(lastPort)}"#
            }
        }
    }
}
