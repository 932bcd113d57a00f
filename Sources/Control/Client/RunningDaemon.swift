// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The daemon that serves this network namespace.
public enum RunningDaemon {
    /// The abstract socket name that it holds.
    public static let lockName = "teredowall"
    /// Its lock in the runtime directory.
    public static let lockFile = "lock"

    /// Its process id; nil when none runs besides the calling process.
    ///
    /// Anybody can sit on the name, or let others believe that its holder is busy: who is not root does not count, and
    /// then the daemon is found among the processes.
    public static var process: Int32? {
        get throws(SystemError) {
            // Not to be had means no answer in time.
            if let holder = try? NamespaceLock.holder(of: lockName), holder.uid == 0,
                holder.process != Processes.own
            {
                return holder.process
            }
            let others: Set = ["--check-config", "--version", "--help", "-h"]
            return try Processes.ofRoot(named: "teredowalld")
                .first { others.isDisjoint(with: $0.arguments) }?.process
        }
    }
}
