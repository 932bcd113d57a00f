// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Logging
internal import Nftables
internal import Platform
internal import TeredoPort

/// The program teredowalld from its arguments to its exit status.
public enum Daemon {
    /// Runs the daemon and ends the process. Call it on the main thread, before there are other threads.
    public static func main(commandLine: [String]) -> Never {
        Processes.exit(status: run(commandLine).rawValue)
    }

    private static func run(_ commandLine: [String]) -> ExitStatus {
        let log = Logger.daemon()
        // Swift reads the arguments from /proc/self, and returns an empty list if that fails. Without the
        // arguments, the default configuration would apply instead of the one that `--config` names.
        guard !commandLine.isEmpty else {
            log.error("cannot read the arguments of this program from /proc/self")
            return .failure
        }
        let arguments = Array(commandLine.dropFirst())
        do {
            // Block the signals before other threads exist: a new thread inherits the signal mask.
            try Signals.block()
            return try runBlocking { await serve(arguments, log) }
        } catch {
            log.error("\(error)")
            return .failure
        }
    }

    private static func serve(_ arguments: [String], _ log: Logger) async -> ExitStatus {
        do {
            let options = try DaemonOptions(arguments)
            switch options.action {
            case .printVersion: try Files.write(Array("teredowalld \(Version.text)\n".utf8), to: 1)
            case .printHelp: try Files.write(Array(DaemonOptions.help.utf8), to: 1)
            case .checkConfiguration: try ConfigurationCheck.run(path: options.configurationPath, log)
            case .showConfiguration:
                let loaded = try LoadedConfiguration.load(path: options.configurationPath)
                try Files.write(Array("\(loaded.text)\n".utf8), to: 1)
            case .serve: try await serve(options, log)
            }
            return .done
        } catch let refusal as ArgumentError {
            log.error("\(refusal.reason); try teredowalld --help")
            return .configuration
        } catch let error as ConfigurationError {
            for problem in error.problems { log.error("\(problem)") }
            return .configuration
        } catch let status as ExitStatus {
            return status
        } catch {
            log.error("\(error)")
            return .failure
        }
    }

    private static func serve(_ options: DaemonOptions, _ log: Logger) async throws {
        let log = Logger.daemon(
            .automatic(wantsSystemLog: options.wantsSystemLog), level: options.wantsDebugLog ? .debug : .info)
        let loaded = try LoadedConfiguration.load(path: options.configurationPath)
        guard Capabilities.includeNetworkAdministration else {
            log.error("CAP_NET_ADMIN is needed to change the firewall: run as root")
            throw ExitStatus.insufficientPrivilege
        }
        let directory = RuntimeDirectory.path(requested: options.runtimeDirectory)
        try Files.makeDirectory(directory)
        let lock = try InstanceLock.take(in: directory, log)
        let requests = try Signals.stream()
        // The executor's thread name: `nft monitor` shows it with each commit.
        let executor = try ThreadExecutor(name: "teredowalld")
        let subscription = try ClientSubscription(loaded.configuration, on: executor)
        let service = try ExceptionService(
            configuration: loaded, path: options.configurationPath, subscription: subscription,
            on: executor, log: log)
        try await followHost(service)
        let control = try ControlServer(
            path: "\(directory)/control", handler: service, version: Version.text
        ) { log.warning("\($0)") }
        log.notice(
            "version \(Version.text), following the Teredo client of user \(loaded.configuration.clientUser)")

        // Wait for a firewalld that is starting. Its rules deny Teredo's packets until the exceptions are added
        // to them, and systemd must not learn before that the daemon is ready.
        await service.firewalld.awaitStart()
        let ending = await runTasks(service, subscription, control, requests, options, log)
        let isClosed = await close(service, subscription)
        // Another daemon may start only now, after everything has been removed.
        withExtendedLifetime(lock) {}
        if case .unexpected(let part) = ending {
            log.error("\(part) has ended by itself: please report this as a bug")
        }
        guard isClosed, case .requested = ending else { throw ExitStatus.failure }
    }

    /// Makes the service handle the changes of the client, the ruleset, the addresses and the clock.
    private static func followHost(_ service: ExceptionService) async throws {
        service.followClient()
        try await service.follow(RulesetEvents())
        try await service.follow(AddressEvents(), of: UsableInterfaces())
        try service.follow(ClockSteps())
    }

    /// Runs the tasks of the daemon until a signal ends it, or one of them ends by itself.
    private static func runTasks(
        _ service: ExceptionService, _ subscription: ClientSubscription, _ control: ControlServer,
        _ requests: AsyncStream<Signals.Request>, _ options: DaemonOptions, _ log: Logger
    ) async -> Ending {
        await withTaskGroup(of: Ending.self) { group in
            group.addTask {
                for await _ in subscription.news { await service.clientMayHaveChanged() }
                return .unexpected("the task that follows the client")
            }
            group.addTask {
                for await target in service.firewalldTargets.stream {
                    await service.firewalld.apply(target)
                    await service.notifySystemd()
                }
                return .unexpected("the task that updates firewalld")
            }
            group.addTask {
                for await _ in service.firewalld.events { await service.firewalldChanged() }
                return .unexpected("the task that follows firewalld")
            }
            group.addTask {
                await control.run()
                return .unexpected("the control socket")
            }
            group.addTask {
                for await request in requests {
                    if request == .end { return .requested }
                    await reload(options, service, subscription, log)
                }
                return .unexpected("the task that waits for signals")
            }
            defer { group.cancelAll() }
            return await group.next() ?? .unexpected("every task")
        }
    }

    /// The reason why the daemon ends.
    private enum Ending: Sendable {
        /// A signal.
        case requested
        /// A part that must last as long as the daemon has ended.
        case unexpected(String)
    }

    /// Removes all exceptions. Returns false, with the reason in the log, when some could not be removed.
    private static func close(
        _ service: ExceptionService, _ subscription: ClientSubscription
    ) async -> Bool {
        subscription.cancel()
        async let firewalldIsClosed = service.firewalld.withdraw()
        let isClosed = await service.withdraw()
        return await firewalldIsClosed && isClosed
    }

    /// Reads the configuration again. If it has errors, logs them and keeps the old one.
    private static func reload(
        _ options: DaemonOptions, _ service: ExceptionService, _ subscription: ClientSubscription,
        _ log: Logger
    ) async {
        do {
            let loaded = try LoadedConfiguration.load(path: options.configurationPath)
            try ServiceManager.notify(["RELOADING=1"])
            try subscription.follow(loaded.configuration)
            await service.reconfigure(loaded)
            log.notice("configuration read again")
        } catch {
            let reasons = (error as? ConfigurationError)?.problems.map(\.description) ?? ["\(error)"]
            for reason in reasons {
                log.error(
                    "the configuration stays as it was: \(reason)", metadata: .entry(.configurationRefused))
            }
            await service.keepConfiguration(because: reasons.joined(separator: "; "))
        }
    }
}
