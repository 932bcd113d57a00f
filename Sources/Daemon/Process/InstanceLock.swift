// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Logging
internal import Platform

/// One daemon a network namespace: two would undo each other's work.
struct InstanceLock: ~Copyable {
    /// nil when somebody who is no administrator sits on the name, to keep the service from starting.
    private let lock: NamespaceLock?

    private init(_ lock: consuming NamespaceLock?) { self.lock = lock }

    /// - Throws: ``ExitStatus/anotherInstance``, said in the log; or what the system refused.
    static func take(_ log: Logger) throws -> InstanceLock {
        do throws(NamespaceLock.Failure) {
            return InstanceLock(try NamespaceLock.acquire(name: RunningDaemon.lockName))
        } catch {
            switch error {
            case .held(let process, 0):
                log.error("another teredowalld (pid \(process)) serves this network namespace")
                throw ExitStatus.anotherInstance
            case .held(let process, let uid):
                log.warning(
                    "pid \(process) of user \(uid), not root, holds the name @\(RunningDaemon.lockName): ignored"
                )
                return InstanceLock(nil)
            case .system(let failure): throw failure
            }
        }
    }
}
