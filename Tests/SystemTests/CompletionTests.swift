// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests that zsh and fish find the completions where scripts/install puts them.
@Suite(.enabledAsRoot) struct CompletionTests {
    @Test func `with the prefix /usr/local zsh and fish find the completions, and fish offers interfaces`()
        async throws
    {
        let destination = FileManager.default.temporaryDirectory.appending(path: "teredowall-\(UUID())")
        defer { try? FileManager.default.removeItem(at: destination) }
        try await DebianSystem.runOutside(
            packageRoot.appending(path: "scripts/install").path,
            ["--destdir", destination.path, "--built", try await Build.directory.path])
        // Runs a program in a mount namespace that shows the installed files in their places; `$0` in the script is
        // the destination. HOME has no settings of the shells.
        func inside(_ words: String...) async throws -> String {
            try await DebianSystem.runOutside(
                "unshare",
                [
                    "--mount", "--net", "--propagation", "private", "sh", "-euc",
                    """
                    mount --bind "$0/usr/local" /usr/local
                    mount --bind "$0/etc/fish/completions" /etc/fish/completions
                    HOME=$0
                    exec "$@"
                    """,
                    destination.path,
                ] + words)
        }
        // `_comps` has the completion function of each command.
        let zsh = try await inside(
            "zsh", "-fc", "autoload -U compinit; compinit -u -D; print -r -- $_comps[teredowall]")
        #expect(zsh == "_teredowall\n")
        let commands = try await inside("fish", "-c", "complete -C 'teredowall sta'")
        #expect(commands.hasPrefix("status"))
        let interfaces = try await inside(
            "fish", "-c", "complete -C 'teredowall rescan --interface '")
        #expect(interfaces.split(separator: "\n").contains { $0.hasPrefix("lo") })
    }
}
