// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The memory of the process.
public enum Memory {
    /// Lets go of code that is resident because it was used once, as at the start. What is needed again comes back
    /// from the page cache by itself, a page fault each: go through what must be fast right after this call.
    public static func releaseCode() { clinux_release_code_pages() }

    /// False when there is so little memory left that a call of some steps may fail for want of it.
    public static var hasReserve: Bool { clinux_has_reserve() != 0 }
}

/// The object file that this code was loaded from: a program or a shared library.
public enum LoadedCode {
    /// Keeps the code loaded until the process ends, whoever unloads it: for threads that run it.
    public static func pin() { clinux_pin_code() }
}
