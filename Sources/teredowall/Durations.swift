// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control

/// A number of seconds as text: "3 min", "2 h 5 min".
func durationText(_ seconds: Int64) -> String {
    switch seconds {
    case ..<60: "\(seconds) s"
    case ..<3600: seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
    case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    default: "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
    }
}

extension Moment {
    /// The time since an earlier moment as text; "0 s" when the clock was set back meanwhile.
    func elapsed(since earlier: Moment) -> String { durationText(max(0, seconds - earlier.seconds)) }
}
