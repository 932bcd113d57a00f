// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import TeredoPort

extension Teredowall {
    struct Port: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the UDP port that the Teredo client uses now.",
            discussion: """
                Needs neither root nor the daemon. Exit status: 0 with the port printed, 3 when the client is \
                not started, 4 when the host has no IPv6 stack.
                """)

        @Flag(help: "Print JSON: the port as a number, or null while the client has none.")
        var json = false

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            switch Result(catching: { () throws(TeredoError) in try Teredo.port() }) {
            case .success(let port): try printResult(port)
            case .failure(.notReady):
                if json { try printResult(nil) }
                throw Failure(
                    "the Teredo client has no port: is miredo running in this network namespace?",
                    ExitStatus.notRunning)
            case .failure(.notSupported): throw Failure("this host has no IPv6 stack", ExitStatus.noAnswer)
            case .failure(let error): throw Failure("cannot find the Teredo port: \(error)")
            }
        }

        private func printResult(_ port: UInt16?) throws {
            let text = port.map { String($0) } ?? "null"
            try printLine(json ? #"{"port":\#(text)}"# : text)
        }
    }
}
