// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Processes {
    /// Asks a process to end (SIGTERM) and waits until it has; one that has ended already is no error.
    /// Blocks the calling thread.
    ///
    /// - Throws: ETIMEDOUT when it has not ended in time; EPERM when it is not ours to end.
    public static func terminate(_ process: Int32, within limit: Duration) throws(SystemError) {
        let exit: ProcessExit
        do throws(SystemError) { exit = try ProcessExit(of: process) } catch {
            if error.code == ESRCH { return }
            throw error
        }
        guard kill(process, SIGTERM) == 0 || errno == ESRCH else {
            throw SystemError("end process \(process)", code: errno)
        }
        let ended = try waitForNews(from: [exit], until: .now + limit)
        if !ended[0] { throw SystemError("end process \(process)", code: ETIMEDOUT) }
    }
}
