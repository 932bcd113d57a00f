// SPDX-License-Identifier: GPL-2.0-or-later
internal import Administration
internal import ArgumentParser
internal import Control
internal import Platform

extension Teredowall {
    struct Cleanup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove every trace of teredowall from this network namespace.",
            discussion: """
                Ends a running teredowalld, which would put everything back, and removes what a killed one has \
                left. Prints what it removed. Needs root.
                """)

        @Flag(help: "Do nothing while a teredowalld runs; for service managers, after a crash.")
        var leftovers = false

        @Flag(help: "Print JSON.")
        var json = false

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            guard Capabilities.includeNetworkAdministration else { throw Failure.notPermitted("cleaning up") }
            let done = try Administration.Cleanup.run(leftoversOnly: leftovers)
            if json { return try printLine(try jsonText(of: ["done": done])) }
            for line in done { try printLine(line) }
            if done.isEmpty { try printLine("nothing to remove") }
        }
    }
}
