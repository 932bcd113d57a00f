// SPDX-License-Identifier: GPL-2.0-or-later
internal import CLinux

/// The memory of the process.
public enum Memory {
    /// Lets go of code that is resident because it was used once, as at the start. What is needed again comes back
    /// from the page cache by itself, some microseconds later.
    public static func releaseCode() { clinux_release_code_pages() }
}
