// SPDX-License-Identifier: GPL-2.0-or-later

/// Durations as written in the configuration file: a whole number and a unit.
enum DurationText {
    /// Reads a lease: at least 3 seconds, since a lease is renewed three times before its end, and at most
    /// a day.
    static func lease(_ text: String) throws(SettingError) -> Duration {
        guard let duration = parse(text) else {
            throw SettingError(
                reason:
                    "\(DisplayText.quoted(text)) is no duration; accepted: a whole number with s, m or h, as \"3m\""
            )
        }
        guard (Duration.seconds(3) ... .seconds(86_400)).contains(duration) else {
            throw SettingError(
                reason: "\(DisplayText.quoted(text)) is out of range; accepted: \"3s\" to \"24h\"")
        }
        return duration
    }

    /// The duration in the largest unit without a fraction: "3m", "90s".
    static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        for (unit, factor) in [("h", 3600), ("m", 60)] where seconds % Int64(factor) == 0 {
            return "\(seconds / Int64(factor))\(unit)"
        }
        return "\(seconds)s"
    }

    /// The duration, or a shorter one that is out of range as well; nil if the text has another form.
    private static func parse(_ text: String) -> Duration? {
        let digits = text.dropLast()
        guard let unit = text.last, let factor = ["s": 1, "m": 60, "h": 3600][unit],
            !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber })
        else { return nil }
        // The limit excludes an overflow; a larger count, also one too large for Int, is out of range too.
        let count = min(Int(digits) ?? .max, 1_000_000)
        return .seconds(count * factor)
    }
}
