// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform
internal import Synchronization

/// The control socket: a varlink service for a ``ControlHandler``.
///
/// One thread, `control`, reads the calls of all clients and writes the answers; another, `answers`, runs the
/// handler. ``Limits`` bounds the clients' connections, calls and memory. Clients can connect once the object
/// exists; ``run()`` serves them.
public final class ControlServer: Sendable {
    /// Nil once ``run()`` has taken it.
    private let listener: Mutex<UnixListener?>
    private let mailbox: Mailbox
    /// The thread that runs the handler and encodes answers, so that slow answers delay neither the other
    /// clients nor the other tasks of the process.
    private let answers: TaskThread
    private let handler: any ControlHandler
    private let information: ServiceInfo
    private let limits: Limits
    private let log: @Sendable (String) -> Void

    /// Listens at `path`, replacing the socket of a process that has ended. Raises the process's limit of
    /// open files, so that clients do not use up the descriptors.
    /// - Parameters:
    ///   - path: The path of the socket, in a directory to which only root can write.
    ///   - handler: Answers the calls.
    ///   - version: The version that `GetInfo` returns.
    ///   - log: Receives lines about clients that were refused or disconnected, at most 10 in 10 s, and about
    ///     failures of the socket; called on any thread.
    /// - Throws: ``SystemError``: EADDRINUSE when another daemon listens there.
    public convenience init(
        path: String, handler: any ControlHandler, version: String = "",
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SystemError) {
        try self.init(path: path, handler: handler, version: version, limits: Limits(), log: log)
    }

    init(
        path: String, handler: any ControlHandler, version: String = "", limits: Limits,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SystemError) {
        let descriptors = try DescriptorLimit.raise(to: limits.clients + limits.otherDescriptors)
        var limits = limits
        // As many clients as there are descriptors for, but never fewer than the connections kept for root.
        limits.clients = min(
            limits.clients, max(limits.reservedForRoot, descriptors - limits.otherDescriptors))
        mailbox = try Mailbox()
        answers = try TaskThread(name: "answers")
        listener = Mutex(try UnixListener(path: path))
        information = ServiceInfo(version: version)
        self.handler = handler
        self.limits = limits
        self.log = log
    }

    /// Serves clients until the task is cancelled or serving fails, then removes the socket. Call it once.
    public func run() async {
        let (calls, continuation) = AsyncStream.makeStream(of: ServerLoop.Call.self)
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.relayChanges() }
                group.addTask {
                    await self.serveOnThread { continuation.yield($0) }
                    continuation.finish()
                }
                for await call in calls {
                    group.addTask(executorPreference: self.answers) { await self.answer(call) }
                }
                group.cancelAll()
            }
        } onCancel: {
            mailbox.post(.stop)
        }
    }

    /// Runs ``serve(_:)`` on a thread of its own, and returns when it has ended.
    private func serveOnThread(_ startCall: @escaping @Sendable (ServerLoop.Call) -> Void) async {
        do throws(SystemError) {
            try await onDedicatedThread(name: "control") { self.serve(startCall) }
        } catch {
            log("the control socket is closed: \(error)")
        }
    }

    /// Serves clients on the calling thread until the mailbox has `stop` or an operation fails.
    private func serve(_ startCall: @escaping (ServerLoop.Call) -> Void) {
        guard let listener = listener.withLock({ $0.take() }) else { return }
        let loop = ServerLoop(
            listener: listener, mailbox: mailbox, limits: limits, information: information, log: log,
            startCall: startCall)
        do { try loop.run() } catch { log("the control socket is closed: \(error)") }
    }

    private func relayChanges() async {
        for await change in handler.portChanges() { mailbox.post(.change(change)) }
        mailbox.post(.changesEnded)
    }

    private func answer(_ call: ServerLoop.Call) async {
        let frame = await frame(for: call.method)
        mailbox.post(.answer(call, frame: call.oneway ? nil : frame))
    }

    private func frame(for method: Request.Method) async -> [UInt8] {
        do {
            switch method {
            case .getStatus: return Reply.success(try await handler.status())
            case .getPort: return Reply.success(await handler.portState())
            case .plan: return Reply.success(try await handler.plan())
            case .rescan(let interface):
                try await handler.rescan(interface: interface)
                return Reply.success(Reply.Nothing())
            case .getInfo, .getInterfaceDescription, .subscribe:
                fatalError("the loop answers \(method) itself")
            }
        } catch {
            return Reply.failure(Refusal(error))
        }
    }
}
