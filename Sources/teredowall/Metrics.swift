// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Control

extension Teredowall {
    struct Metrics: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print Prometheus metrics, for node_exporter's textfile collector.")

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            let status = try daemon.ask { client throws(ControlError) in try client.status() }
            try printLine(MetricsText(status).text)
        }
    }
}
