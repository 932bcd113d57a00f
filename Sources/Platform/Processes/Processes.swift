// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Functions on the processes of this host or container.
public enum Processes {
    /// The ID of the calling process.
    public static var own: Int32 { getpid() }

    /// Ends the calling process.
    public static func exit(status: Int32) -> Never { Glibc.exit(status) }
}
