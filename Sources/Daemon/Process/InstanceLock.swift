// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Logging
internal import Platform

/// One daemon a network namespace: two would undo each other's work.
///
/// The name belongs to the namespace, but any user can sit on it; the file is root's, but belongs to a runtime
/// directory. Where a user sits on the name, daemons with other directories are found among the processes.
struct InstanceLock: ~Copyable {
    /// nil when a user other than root holds the name, which must not keep the service from starting.
    private let name: NamespaceLock?
    private let file: FileLock

    private init(_ name: consuming NamespaceLock?, _ file: consuming FileLock) {
        self.name = name
        self.file = file
    }

    /// Takes both. `directory` is the runtime directory, which exists.
    ///
    /// - Throws: ``ExitStatus/anotherInstance``, said in the log; or what the system refused.
    static func take(in directory: String, _ log: Logger) throws -> InstanceLock {
        let name = try takeName(log)
        if let process = try RunningDaemon.process { throw refusal(process, log) }
        guard let file = try FileLock.acquire("\(directory)/\(RunningDaemon.lockFile)") else {
            log.error("another teredowalld serves with the runtime directory \(directory)")
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
                log.warning("the holder of the name @\(RunningDaemon.lockName) does not answer: ignored")
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
