// SPDX-License-Identifier: GPL-2.0-or-later
import Platform

@testable import TeredoPort

extension SharedWatchOwner {
    /// True while there are registrations that share the watch.
    var isRunning: Bool { sharedWatch.withLock { $0 != nil } }
}
