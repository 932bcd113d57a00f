// SPDX-License-Identifier: GPL-2.0-or-later
internal import Administration
internal import ArgumentParser
internal import Control
internal import Platform

extension Teredowall {
    struct Plan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print, as nft commands, what teredowalld would commit now; change nothing.",
            discussion: """
                A running daemon makes the plan, by its own configuration; if none runs, or with --config, this \
                program makes it. Calls to firewalld are shown as comments. Needs root (CAP_NET_ADMIN), like \
                every reading of the ruleset.
                """)

        @Option(help: ArgumentHelp("Make the plan in this program, from this file.", valueName: "file"))
        var config: String?

        @Flag(help: "Print JSON.")
        var json = false

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            guard Capabilities.includeNetworkAdministration else { throw Failure.notPermitted("a plan") }
            let plan = try ofDaemon() ?? PlanPreview.now(configurationPath: config)
            if json { return try printLine(try jsonText(of: plan)) }
            try printLine(plan.lines.joined(separator: "\n"))
        }

        /// The plan that the daemon makes; nil if none runs, or with `--config`.
        private func ofDaemon() throws -> PlanText? {
            if config != nil { return nil }
            guard let state = try daemon.callIfRunning({ client throws(ControlError) in try client.port() })
            else { return nil }
            try daemon.requireOwnNamespace(state.networkNamespace)
            return try daemon.call(timeout: .seconds(10)) { client throws(ControlError) in try client.plan() }
        }
    }
}
