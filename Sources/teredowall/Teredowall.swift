// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Configuration
internal import Platform

@main
struct Teredowall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "teredowall",
        abstract: "Follow the Teredo client's port, and see what teredowalld holds open for it.",
        version: "teredowall \(Version.text)",
        subcommands: [
            Status.self, Port.self, Watch.self, Addresses.self, Plan.self, Check.self, Rescan.self,
            Cleanup.self, Metrics.self, Config.self, Report.self, Completions.self,
        ])

    /// Runs the command like AsyncParsableCommand, but prints every error as one line that begins with the
    /// program's name.
    static func main() async {
        do {
            let arguments = withDaemonOptionsLast(Array(CommandLine.arguments.dropFirst()))
            try refuseUnknownSubcommand(in: arguments)
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            end(failure)
        } catch let code as ExitCode {
            Processes.exit(status: code.rawValue)
        } catch {
            // Help and version arrive as errors of the parser too.
            if exitCode(for: error).isSuccess { exit(withError: error) }
            end(Failure(message(for: error), exitCode(for: error).rawValue))
        }
    }

    private static func end(_ failure: Failure) -> Never {
        // If standard error is closed, the error cannot be reported.
        try? Files.write(Array("teredowall: \(failure)\n".utf8), to: 2)
        Processes.exit(status: failure.status)
    }

    /// Moves options that select a daemon from before the subcommand to behind it, where the parser expects
    /// them.
    static func withDaemonOptionsLast(_ arguments: [String]) -> [String] {
        var front: [String] = []
        var rest = arguments[...]
        while let first = rest.first {
            let includesValue = DaemonOption.names.contains { first.hasPrefix($0 + "=") }
            guard includesValue || DaemonOption.names.contains(first) else { break }
            let length = includesValue ? 1 : 2
            front += rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        guard let subcommand = rest.first else { return arguments }
        return [subcommand] + front + rest.dropFirst()
    }

    /// Refuses a subcommand that does not exist, also as the argument of `help`.
    ///
    /// - Throws: ``Failure``, which names an existing subcommand that differs in at most two letters, if there
    ///   is one.
    static func refuseUnknownSubcommand(in arguments: [String]) throws {
        let named = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
        guard let named, !named.hasPrefix("-") else { return }
        let known = configuration.subcommands.map { $0._commandName } + ["help"]
        if known.contains(named) { return }
        let distances = known.map { (name: $0, distance: distance(named, $0)) }
        let nearest = distances.min { $0.distance < $1.distance }
        let hint =
            nearest.flatMap { $0.distance <= 2 ? "did you mean \($0.name)?" : nil }
            ?? "teredowall --help lists them"
        throw Failure("there is no subcommand \(named): \(hint)", ExitStatus.usage)
    }

    /// The Levenshtein distance of two words.
    private static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (line, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, candidate) in other.enumerated() {
                let replaced = diagonal + (letter == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, min(row[column], row[column + 1]) + 1)
            }
        }
        return row[other.count]
    }
}
