// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Processes {
    /// Sends SIGTERM to a process and blocks until it has ended. A process that has already ended is no
    /// error.
    ///
    /// - Throws: ``SystemError``: ETIMEDOUT when the process has not ended in time; EPERM when it may not be
    ///   signalled.
    public static func terminate(_ process: Int32, within limit: Duration) throws(SystemError) {
        let exit: ProcessExit
        do throws(SystemError) { exit = try ProcessExit(of: process) } catch {
            if error.code == ESRCH { return }
            throw error
        }
        guard kill(process, SIGTERM) == 0 || errno == ESRCH else {
            throw SystemError("end process \(process)", code: errno)
        }
        let ended = try waitForEvents(from: [exit], until: .now + limit)
        if !ended[0] { throw SystemError("end process \(process)", code: ETIMEDOUT) }
    }
}
