// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Control
internal import Platform

extension Teredowall {
    struct Metrics: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print Prometheus metrics, for node_exporter's textfile collector.",
            discussion: """
                Exits with 0 even if the daemon does not answer: then teredowall_up, with value 0, is the only metric. \
                Only a daemon of another network namespace is an error.
                """)

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            let status = try? daemon.call { client throws(ControlError) in try client.status() }
            try daemon.requireOwnNamespace(status?.networkNamespace)
            try printLine(MetricsText(status).text)
        }
    }
}
