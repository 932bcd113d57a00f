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
            Cleanup.self, Metrics.self, Completions.self,
        ])

    /// As AsyncParsableCommand's, but a ``Failure`` ends with its own exit status and one plain line.
    static func main() async {
        do {
            var command = try parseAsRoot(Self.withDaemonOptionLast(Array(CommandLine.arguments.dropFirst())))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            try? Files.write(Array("teredowall: \(failure)\n".utf8), to: 2)  // nobody is left to tell
            Processes.exit(status: failure.status)
        } catch {
            exit(withError: error)
        }
    }

    /// Options belong to subcommands; that of the daemon may also stand in front of them.
    static func withDaemonOptionLast(_ arguments: [String]) -> [String] {
        guard let first = arguments.first, first.hasPrefix(DaemonOption.name) else { return arguments }
        let length = first.hasPrefix(DaemonOption.name + "=") ? 1 : 2
        guard first.hasPrefix(DaemonOption.name + "=") || first == DaemonOption.name, arguments.count > length
        else { return arguments }
        return [arguments[length]] + arguments[..<length] + arguments[(length + 1)...]
    }
}
