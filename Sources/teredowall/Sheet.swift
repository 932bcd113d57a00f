// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Lines of named fields for display, wrapped to the terminal's width and coloured if requested.
struct Sheet {
    /// The width to wrap lines to; nil for no wrapping.
    let width: Int?
    let isColoured: Bool
    private(set) var lines: [String] = []

    init(width: Int? = nil, isColoured: Bool = false) {
        self.width = width
        self.isColoured = isColoured
    }

    /// A sheet for standard output.
    static func forOutput(_ colour: Terminal.Colour) -> Sheet {
        Sheet(width: Terminal.width(1), isColoured: Terminal.showsColour(1, colour))
    }

    var text: String { lines.joined(separator: "\n") }

    /// The colours, with their numbers in terminal escape sequences (SGR).
    enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case bold = "1"
    }

    /// The width of the column with the fields' names.
    static let fieldWidth = 12
    /// The least width for a last cell on the line of the other cells, unless it is shorter.
    private static let leastLastCell = 32
    /// The least width of wrapped text, also on narrower terminals.
    private static let leastText = 20

    /// Adds a title, a line without a field.
    mutating func title(_ text: String, _ colour: Colour? = nil) {
        wrap(text, indent: 0, furtherIndent: 2, colour)
    }

    /// Adds "  name        text"; further lines of the text are indented like the first.
    mutating func field(_ name: String, _ text: String, _ colour: Colour? = nil) {
        let head = "  " + name.padding(to: Self.fieldWidth)
        let indent = 2 + Self.fieldWidth
        wrap(text, indent: indent, furtherIndent: indent, colour, head: head)
    }

    /// Adds a line below a field.
    mutating func detail(_ text: String, _ colour: Colour? = nil) {
        wrap(text, indent: 4, furtherIndent: 8, colour)
    }

    typealias Cell = (text: String, colour: Colour?)

    /// Adds lines of cells, each column as wide as its widest cell, the first line beside the field's name.
    /// Without a name the lines begin at the names' column. A row's last cell is not padded; if it does not
    /// fit, it continues on lines of its own.
    mutating func table(_ name: String?, _ rows: [[Cell]]) {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { $0.count - 1 > column ? $0[column].text.count : 0 }.max() ?? 0
        }
        for (index, row) in rows.enumerated() {
            let margin = "  " + (name.map { (index == 0 ? $0 : "").padding(to: Self.fieldWidth) } ?? "")
            var head = margin
            var plainWidth = head.count
            for (column, cell) in row.dropLast().enumerated() {
                head += paint(cell.text, cell.colour)
                head += String(repeating: " ", count: widths[column] - cell.text.count + 2)
                plainWidth += widths[column] + 2
            }
            guard let last = row.last else { continue }
            let neededWidth = plainWidth + min(Self.leastLastCell, last.text.count)
            if let width, neededWidth > width {
                lines.append(head.trimmingTrailingSpaces)
                wrap(last.text, indent: margin.count + 4, furtherIndent: margin.count + 4, last.colour)
            } else {
                wrap(last.text, indent: plainWidth, furtherIndent: plainWidth, last.colour, head: head)
            }
        }
    }

    /// Adds a word and a text; further lines of the text are indented like the first.
    mutating func item(_ word: Cell, _ text: String) {
        let head = "  " + paint(word.text, word.colour) + "  "
        let indent = 4 + word.text.count
        wrap(text, indent: indent, furtherIndent: indent, nil, head: head)
    }

    /// Adds a line that is never wrapped, for copying.
    mutating func verbatim(_ text: String) { lines.append(text) }

    /// Adds the text in lines that fit. The first one begins with `head`, which is `indent` columns wide, or
    /// with as many spaces; each further one begins with `furtherIndent` spaces.
    private mutating func wrap(
        _ text: String, indent: Int, furtherIndent: Int, _ colour: Colour?, head: String? = nil
    ) {
        let first = head ?? String(repeating: " ", count: indent)
        let parts = pieces(of: text, first: room(after: indent), others: room(after: furtherIndent))
        for (index, part) in parts.enumerated() {
            let start = index == 0 ? first : String(repeating: " ", count: furtherIndent)
            lines.append((start + paint(part, colour)).trimmingTrailingSpaces)
        }
    }

    /// The width for text after an indent.
    private func room(after indent: Int) -> Int { width.map { max(Self.leastText, $0 - indent) } ?? .max }

    /// The text cut at spaces into pieces that fit: the first into a width of `first`, the further ones of
    /// `others`. A longer word is not cut.
    private func pieces(of text: String, first: Int, others: Int) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let room = pieces.isEmpty ? first : others
            if !piece.isEmpty, piece.count + 1 + word.count > room {
                pieces.append(piece)
                piece = String(word)
            } else {
                piece += piece.isEmpty ? String(word) : " " + word
            }
        }
        return pieces + [piece]
    }

    private func paint(_ text: String, _ colour: Colour?) -> String {
        guard isColoured, let colour, !text.isEmpty else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    fileprivate var trimmingTrailingSpaces: String {
        String(self[..<(lastIndex { $0 != " " }.map { index(after: $0) } ?? startIndex)])
    }
}
