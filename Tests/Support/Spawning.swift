// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Synchronization

/// Allows one start of a program at a time. Otherwise a program started by another thread could inherit a
/// new pipe and keep it open: the reader of the pipe would wait until that program ends.
private let spawning = Mutex(())

/// The environment of the programs that tests start. With TEREDOWALL_OFFLINE, the scripts of this package fail instead of
/// installing or downloading what is missing (`may_fetch` in scripts/lib/packages.sh).
let testEnvironment = ProcessInfo.processInfo.environment.merging(["TEREDOWALL_OFFLINE": "1"]) { $1 }

/// Runs `body`, which makes pipes and starts a program, so that no other program inherits the pipes.
///
/// The program starts with no signal blocked. It would otherwise inherit the signal mask of the calling thread:
/// the threads of tasks and queues block most signals, so that SIGTERM would not end the program.
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
    /// A pipe that programs inherit only when it is passed to them.
    static func closingOnExec() -> Pipe {
        let pipe = Pipe()
        for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
            _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        return pipe
    }
}
