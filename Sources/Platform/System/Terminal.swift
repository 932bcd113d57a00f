// SPDX-License-Identifier: GPL-2.0-or-later
internal import Glibc

/// What a descriptor leads to.
public enum Terminal {
    /// Whether somebody sits in front of it. `NO_COLOR` in the environment counts as nobody.
    public static func isTerminal(_ descriptor: CInt) -> Bool {
        isatty(descriptor) == 1 && Environment.value(of: "NO_COLOR") == nil
    }
}
