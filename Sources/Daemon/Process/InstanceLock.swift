// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Logging
internal import Platform

/// The lock that allows one daemon per network namespace: two would undo each other's changes.
///
/// It has two parts. The abstract socket name belongs to the network namespace, but any user may take it. The
/// lock file belongs to root, but there may be several runtime directories. If another user holds the name,
/// daemons with other runtime directories are looked for among the processes.
struct InstanceLock: ~Copyable {
    /// The name; nil when a user other than root holds it, which must not prevent the service from starting.
    private let name: NamespaceLock?
    private let file: FileLock

    private init(_ name: consuming NamespaceLock?, _ file: consuming FileLock) {
        self.name = name
        self.file = file
    }

    /// Takes both parts. `directory` is the runtime directory, which must exist.
    ///
    /// - Throws: ``ExitStatus/anotherInstance``, after logging it, or the error of a system call.
    static func take(in directory: String, _ log: Logger) throws -> InstanceLock {
        let name = try takeName(log)
        if let process = try RunningDaemon.process { throw refusal(process, log) }
        guard let file = try FileLock.acquire("\(directory)/\(RunningDaemon.lockFile)") else {
            log.error(
                "another teredowalld has the runtime directory \(directory): name another one with --runtime-directory"
            )
            throw ExitStatus.anotherInstance
        }
        return InstanceLock(name, file)
    }

    private static func takeName(_ log: Logger) throws -> NamespaceLock? {
        do throws(NamespaceLock.Failure) {
            return try NamespaceLock.acquire(name: RunningDaemon.lockName)
        } catch {
            switch error {
            case .held(let process, 0): throw refusal(process, log)
            case .held(let process, let uid):
                log.warning(
                    "pid \(process) of user \(uid), not root, holds the name @\(RunningDaemon.lockName): ignored"
                )
            case .busy:
                log.warning(
                    "the process that holds the name @\(RunningDaemon.lockName) does not answer: ignored")
            case .system(let failure): throw failure
            }
            return nil
        }
    }

    private static func refusal(_ process: Int32, _ log: Logger) -> ExitStatus {
        log.error("another teredowalld (pid \(process)) serves this network namespace")
        return .anotherInstance
    }
}
