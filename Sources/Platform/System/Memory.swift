// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The memory of the process.
public enum Memory {
    /// Releases pages of code that were used only once, for instance at the start. Pages that are used again
    /// are read from the page cache, with a page fault each. To keep those of a time-critical path, run that
    /// path directly afterwards.
    public static func releaseCode() { clinux_release_code_pages() }

    /// False when memory is so short that a function with several steps may fail half-way.
    public static var isAvailable: Bool { clinux_memory_available() != 0 }
}

/// The program or shared library that this code was loaded from.
public enum LoadedCode {
    /// Keeps the code loaded until the process ends, even if the program unloads the library: threads may
    /// still run it.
    public static func pin() { clinux_pin_code() }
}
