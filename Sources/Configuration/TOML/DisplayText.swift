// SPDX-License-Identifier: GPL-2.0-or-later

/// Formats text from a file for error messages: in one line, shortened, control characters as \u{…}.
enum DisplayText {
    /// The text in quotes, shortened.
    static func quoted(_ text: some StringProtocol) -> String { "\"\(escaped(text))\"" }

    /// The text, cut to ``limit`` characters, without quotes around it.
    static func escaped(_ text: some StringProtocol) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            if isPlain(scalar) {
                shown.unicodeScalars.append(scalar)
            } else {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return text.unicodeScalars.dropFirst(limit).isEmpty ? shown : shown + "…"
    }

    /// "0x07"
    static func hexadecimal(_ byte: Unicode.Scalar) -> String {
        (byte.value < 16 ? "0x0" : "0x") + String(byte.value, radix: 16)
    }

    /// The maximum number of characters (Unicode scalars).
    private static let limit = 60

    /// True for a character that is displayed as itself.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            false
        default: true
        }
    }
}
