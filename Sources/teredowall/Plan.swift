// SPDX-License-Identifier: GPL-2.0-or-later
internal import Administration
internal import ArgumentParser

extension Teredowall {
    struct Plan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print, as nft commands, what teredowalld would commit now; change nothing.",
            discussion:
                "What firewalld would be asked for is in comments. Needs root (CAP_NET_ADMIN), as every look at the ruleset does."
        )

        @Option(help: ArgumentHelp("Configuration of the daemon.", valueName: "file"))
        var config: String?

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            let preview = try PlanPreview.now(configurationPath: config)
            for item in preview.leftAlone { try printLine("# left alone: \(item)") }
            try printLine(preview.text.isEmpty ? "# nothing to change" : preview.text)
        }
    }
}
