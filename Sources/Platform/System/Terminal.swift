// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The kind of file behind a descriptor.
public enum Terminal {
    /// The wish for colours.
    public enum Colour: String, Sendable, CaseIterable {
        /// On a terminal that has them, unless `NO_COLOR` is set or `TERM` is "dumb".
        case auto
        case always
        case never
    }

    public static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

    /// Whether text to a descriptor shall be coloured.
    public static func showsColour(_ descriptor: CInt, _ wish: Colour) -> Bool {
        switch wish {
        case .always: true
        case .never: false
        case .auto:
            isTerminal(descriptor) && Environment.value(of: "NO_COLOR") == nil
                && Environment.value(of: "TERM") != "dumb"
        }
    }

    /// Columns of the terminal; nil where there is none, as in a pipe or file, which have no width to respect.
    /// `COLUMNS` in the environment wins.
    public static func width(_ descriptor: CInt) -> Int? {
        if let columns = Environment.value(of: "COLUMNS").flatMap({ Int($0) }), columns > 0 { return columns }
        let columns = clinux_terminal_columns(descriptor)
        return columns > 0 ? Int(columns) : nil
    }
}
