// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Configuration
internal import Control
internal import Platform

/// Where the daemon is to be found.
struct DaemonOption: ParsableArguments {
    static let name = "--runtime-directory"

    @Option(
        help: ArgumentHelp(
            "The daemon's runtime directory (default: $TEREDOWALL_RUNTIME_DIRECTORY or /run/teredowall).",
            valueName: "dir"))
    var runtimeDirectory: String?

    private var socket: String { RuntimeDirectory.path(asked: runtimeDirectory) + "/control" }

    /// Calls the daemon; what goes wrong becomes one line with its remedy.
    func ask<Answer>(
        timeout: Duration = .seconds(10), connectTimeout: Duration = .seconds(1),
        _ call: (ControlClient) throws(ControlError) -> Answer
    ) throws -> Answer {
        do throws(ControlError) {
            return try call(ControlClient(path: socket, timeout: timeout, connectTimeout: connectTimeout))
        } catch {
            switch error {
            case .unreachable(let reason):
                throw Failure(
                    "\(reason.description): is teredowalld running? systemctl status teredowalld", 1)
            case .notPermitted: throw Failure("\(error): use sudo", 1)
            default: throw Failure("\(error)", 1)
            }
        }
    }
}
