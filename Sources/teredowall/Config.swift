// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Configuration
internal import Control

extension Teredowall {
    struct Config: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every key of the configuration in force, and where it is set.",
            discussion: """
                Shows the configuration of the running daemon, which may be older than the files; without a daemon, \
                or with --config, that of the files. A daemon of another network namespace is an error. Any user may call \
                it. The output is a configuration file.
                """)

        @Flag(help: "Print JSON.")
        var json = false

        @Option(help: ArgumentHelp("Read this file, and those in FILE.d.", valueName: "file"))
        var config: String?

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            let settings = try ofDaemon() ?? LoadedConfiguration.load(path: config).settings
            try printLine(try json ? jsonText(of: settings) : LoadedConfiguration.text(of: settings))
        }

        /// The configuration of the daemon; nil if none runs, if it does not report its settings, or with `--config`.
        private func ofDaemon() throws -> [LoadedConfiguration.Setting]? {
            if config != nil { return nil }
            guard
                let status = try daemon.callIfRunning({ client throws(ControlError) in try client.status() })
            else { return nil }
            try daemon.requireOwnNamespace(status.networkNamespace)
            return status.configuration.settings
        }
    }
}
