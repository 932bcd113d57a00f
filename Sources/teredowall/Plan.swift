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
                With a running daemon the plan is its own, by its own configuration; else, or with --config, one made \
                here. What firewalld would be asked for is in comments. Needs root (CAP_NET_ADMIN), as every look at \
                the ruleset does.
                """)

        @Option(help: ArgumentHelp("Plan here, by this configuration.", valueName: "file"))
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

        private func ofDaemon() throws -> PlanText? {
            if config != nil { return nil }
            guard let state = try daemon.askIfRunning({ client throws(ControlError) in try client.port() })
            else { return nil }
            try daemon.requireOwnNamespace(state.networkNamespace)
            return try daemon.ask(timeout: .seconds(10)) { client throws(ControlError) in try client.plan() }
        }
    }
}
