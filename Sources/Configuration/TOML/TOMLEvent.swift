// SPDX-License-Identifier: GPL-2.0-or-later

/// One element of a TOML file, with its line.
struct TOMLEvent {
    enum Kind {
        /// `[path]`, or `[[path]]`
        case header(isArray: Bool)
        /// `path = {`; events for the contents follow.
        case inlineTable
        /// `path = value`
        case value(SettingValue)
    }

    var line: Int
    /// The path from the root of the file, including the section; a very long path is cut.
    var path: [String]
    var kind: Kind
    /// True within an inline table.
    var isInline = false
}
