// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The daemon that serves this network namespace.
public enum RunningDaemon {
    /// The abstract socket name that the daemon holds.
    public static let lockName = "teredowall"
    /// The daemon's lock file in the runtime directory.
    public static let lockFile = "lock"

    /// The daemon's process ID; nil when none is running besides the calling process.
    ///
    /// Any user can take the name or keep its holder busy. If the holder is not a process of root or does not
    /// answer, the daemon is looked for among the processes.
    public static var process: Int32? {
        get throws(SystemError) {
            // An error means that there was no answer in time.
            if let holder = try? NamespaceLock.holder(of: lockName), holder.uid == 0,
                holder.process != Processes.own
            {
                return holder.process
            }
            // With one of these options, teredowalld prints something and ends.
            let optionsWithoutService: Set = [
                "--check-config", "--show-config", "--version", "--help", "-h",
            ]
            return try Processes.rootProcesses(named: "teredowalld")
                .first { optionsWithoutService.isDisjoint(with: $0.arguments) }?.process
        }
    }
}
