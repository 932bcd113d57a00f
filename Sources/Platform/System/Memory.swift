// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The memory of the process.
public enum Memory {
    /// Releases the pages of code, most of which were used only once, at the start. Pages that are used
    /// again are read from the page cache, with a page fault each. Run time-critical code once directly afterwards, so
    /// that its pages are mapped again.
    public static func releaseCode() { clinux_release_code_pages() }

    /// False when memory is so short that a function with several allocations may fail after the first ones.
    public static var isAvailable: Bool { clinux_memory_available() != 0 }
}
