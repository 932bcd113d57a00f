// SPDX-License-Identifier: GPL-2.0-or-later

/// A value in the configuration file.
enum SettingValue: Equatable {
    case text(String)
    case flag(Bool)
    /// A list of strings.
    case list([String])
    /// A value of a type that no key has, such as a number or a table.
    case other
}
