// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Configuration
internal import Control
internal import Platform

/// The options that select a daemon, and the calls to it.
struct DaemonOption: ParsableArguments {
    /// The options that are also accepted before the subcommand.
    static let names = ["--runtime-directory", "--namespace"]

    @Option(
        help: ArgumentHelp(
            """
            The daemon's runtime directory (default: $RUNTIME_DIRECTORY, $TEREDOWALL_RUNTIME_DIRECTORY or \
            /run/teredowall).
            """,
            valueName: "dir"))
    var runtimeDirectory: String?

    @Option(
        help: ArgumentHelp(
            "Work in this network namespace of ip-netns(8), with the daemon that teredowalld@NAME runs. Needs root.",
            valueName: "name"))
    var namespace: String?

    /// Enters the network namespace of `--namespace`. Call it first, on the main thread: threads created later
    /// belong to it.
    func enterNamespace() throws {
        guard let namespace else { return }
        do throws(SystemError) {
            try NetworkNamespace.open(path: "/run/netns/\(namespace)").enter()
        } catch {
            if error.kind == .denied {
                throw Failure.notPermitted("entering a network namespace", capability: "CAP_SYS_ADMIN")
            }
            throw Failure("cannot enter the network namespace \(namespace): \(error)")
        }
    }

    var directory: String {
        if runtimeDirectory == nil, let namespace { return "\(RuntimeDirectory.default)-\(namespace)" }
        return RuntimeDirectory.path(requested: runtimeDirectory)
    }

    /// The systemd unit of the selected daemon, for advice.
    var unit: String { namespace.map { "teredowalld@\($0)" } ?? "teredowalld" }

    /// Calls the daemon. Throws every error as a ``Failure`` with one line, which names a remedy if there is
    /// one.
    func call<Answer>(
        timeout: Duration = .seconds(2), connectTimeout: Duration = .seconds(1),
        _ body: (ControlClient) throws(ControlError) -> Answer
    ) throws -> Answer {
        let client = ControlClient(
            path: directory + "/control", timeout: timeout, connectTimeout: connectTimeout)
        do throws(ControlError) {
            return try body(client)
        } catch {
            throw failure(error)
        }
    }

    /// Calls the daemon like ``call(timeout:connectTimeout:_:)``; returns nil when none is running.
    func callIfRunning<Answer>(_ body: (ControlClient) throws(ControlError) -> Answer) throws -> Answer? {
        do {
            return try call(body)
        } catch let failure as Failure where failure.status == ExitStatus.notRunning {
            return nil
        }
    }

    /// Throws when the daemon serves another network namespace than the caller's, since its answers are then
    /// about another ruleset.
    func requireOwnNamespace(_ daemon: UInt64?) throws {
        guard let daemon else { return }
        let own = try NetworkNamespace.current().inode
        if own == daemon { return }
        throw Failure(
            "the daemon of \(directory) serves the network namespace net:[\(daemon)], and this is net:[\(own)]: "
                + "use --namespace NAME, --runtime-directory DIR, or ip netns exec NAME")
    }

    /// The configuration in force in the daemon of this network namespace; nil when there is no such daemon.
    func configuration() throws -> Configuration? {
        guard let status = try? call({ client throws(ControlError) in try client.status() }),
            let settings = status.configuration.settings
        else { return nil }
        do { try requireOwnNamespace(status.networkNamespace) } catch is Failure { return nil }
        return try Configuration(settings: settings.map { ($0.key, $0.value) })
    }

    private func failure(_ error: ControlError) -> Failure {
        switch error {
        case .unreachable(let reason) where reason.kind == .denied:
            .notPermitted("connecting to \(directory)/control", capability: nil)
        case .unreachable(let reason):
            Failure("teredowalld does not run (\(reason)): \(startAdvice)", ExitStatus.notRunning)
        case .timedOut:
            Failure(
                "teredowalld does not answer: see journalctl -u \(unit), or try systemctl restart \(unit)",
                ExitStatus.noAnswer)
        // The daemon compares the user, not the capabilities.
        case .notPermitted: .notPermitted("this call of teredowalld", capability: nil)
        default: Failure("\(error)")
        }
    }

    /// Advice for the case that no daemon has its control socket in the directory.
    private var startAdvice: String {
        runtimeDirectory == nil
            ? "systemctl start \(unit)" : "is \(directory) the --runtime-directory that it was started with?"
    }
}
