// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The terminal behind a descriptor.
public enum Terminal {
    /// When to use colours.
    public enum Colour: String, Sendable, CaseIterable {
        /// On a terminal, unless `NO_COLOR` is set or `TERM` is "dumb".
        case auto
        case always
        case never
    }

    public static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

    /// True if text written to a descriptor is to be coloured.
    public static func showsColour(_ descriptor: CInt, _ setting: Colour) -> Bool {
        switch setting {
        case .always: true
        case .never: false
        case .auto:
            isTerminal(descriptor) && Environment.value(of: "NO_COLOR") == nil
                && Environment.value(of: "TERM") != "dumb"
        }
    }

    /// The number of columns of the terminal; nil when the descriptor is not a terminal, or the terminal does not
    /// report it. `COLUMNS` in the environment takes precedence.
    public static func width(_ descriptor: CInt) -> Int? {
        if let columns = Environment.value(of: "COLUMNS").flatMap({ Int($0) }), columns > 0 { return columns }
        let columns = clinux_terminal_columns(descriptor)
        return columns > 0 ? Int(columns) : nil
    }
}
