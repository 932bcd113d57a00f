// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The daemon that serves this network namespace.
public enum RunningDaemon {
    /// The abstract socket name that it holds.
    public static let lockName = "teredowall"

    /// Its process id; nil when none runs, or when the name is held by another user than root.
    public static var process: Int32? {
        get throws(SystemError) {
            let holder = try NamespaceLock.holder(of: lockName)
            return holder?.uid == 0 ? holder?.process : nil
        }
    }
}
