// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser

extension Teredowall {
    struct Completions: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the completion script for a shell.",
            discussion: "For bash: . <(teredowall completions bash)")

        enum Shell: String, CaseIterable, ExpressibleByArgument {
            case bash
            case zsh
            case fish
        }

        @Argument(help: "bash, zsh or fish.")
        var shell: Shell

        func run() throws {
            let script =
                switch shell {
                case .bash: Teredowall.completionScript(for: .bash)
                case .zsh: Teredowall.completionScript(for: .zsh)
                case .fish: Teredowall.completionScript(for: .fish)
                }
            try printLine(script)
        }
    }
}
