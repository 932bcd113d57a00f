// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Synchronization

/// One program at a time is started: a pipe made while another thread starts one would be inherited there, and
/// its reader would then wait for an end that does not come.
private let spawning = Mutex(())

/// Runs `body`, which makes pipes and starts a program, and has nothing of it inherited by other programs.
///
/// The program starts with no signal blocked. The threads that run tasks and queues block most of them, which
/// a program inherits, and it would then not end on SIGTERM.
func spawn<Result>(_ body: () throws -> Result) rethrows -> Result {
    try spawning.withLock { _ in
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }
}

extension Pipe {
    /// A pipe whose ends no program inherits unless it is given one.
    static func closingOnExec() -> Pipe {
        let pipe = Pipe()
        for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
            _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        return pipe
    }
}
