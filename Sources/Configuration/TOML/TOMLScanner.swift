// SPDX-License-Identifier: GPL-2.0-or-later

/// A position in the bytes of a TOML file, with the reading functions that all parts of the grammar use.
///
/// The position only advances, and each byte is examined a bounded number of times, so that reading takes
/// linear time for any content. The bytes must be UTF-8.
struct TOMLScanner {
    private let bytes: [UInt8]
    private(set) var position = 0
    private(set) var line = 1

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next byte as a scalar; a byte above 0x7F is part of a longer character. nil at the end.
    var next: Unicode.Scalar? { position < bytes.count ? Unicode.Scalar(bytes[position]) : nil }

    var isAtEnd: Bool { position == bytes.count }

    /// An error in the current line.
    func error(_ reason: String) -> TOMLError { TOMLError(line: line, reason: reason) }

    /// Advances past the next byte, which must exist.
    mutating func advance() {
        if bytes[position] == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    /// Advances past `text` if it comes next, and returns whether it did.
    mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        for _ in text.utf8 { advance() }
        return true
    }

    /// Advances past the bytes that satisfy the condition, and returns them.
    mutating func takeWhile(_ isWanted: (Unicode.Scalar) -> Bool) -> ArraySlice<UInt8> {
        let start = position
        while let byte = next, isWanted(byte) { advance() }
        return bytes[start..<position]
    }

    mutating func skipSpaces() {
        while next == " " || next == "\t" { position += 1 }
    }

    /// Advances past a line end, "\n" or "\r\n", and returns whether there was one.
    mutating func takeLineEnd() -> Bool { (next == "\n" || next == "\r") && (take("\n") || take("\r\n")) }

    /// Skips spaces and a comment, up to the line end.
    mutating func skipComment() throws(TOMLError) {
        skipSpaces()
        guard next == "#" else { return }
        while let byte = next, byte != "\n" {
            if byte == "\r", isBeforeLineFeed { return }
            try check(byte)
            advance()
        }
    }

    /// Skips spaces, comments and line ends.
    mutating func skipLines() throws(TOMLError) {
        repeat { try skipComment() } while takeLineEnd()
    }

    /// Requires that only spaces and a comment follow in this line, and advances to the next line.
    mutating func endLine() throws(TOMLError) {
        try skipComment()
        guard isAtEnd || takeLineEnd() else {
            throw error("\(nextForDisplay) is not expected here: the line should end")
        }
    }

    /// Rejects control characters except the tab: TOML does not permit them, even in comments.
    func check(_ byte: Unicode.Scalar) throws(TOMLError) {
        guard byte.value >= 0x20 && byte.value != 0x7F || byte == "\t" else {
            throw error("the control character \(DisplayText.hexadecimal(byte)) is not allowed")
        }
    }

    /// The next character, in the form for error messages.
    var nextForDisplay: String {
        guard let byte = next else { return "the end of the file" }
        // A carriage return alone does not end a line.
        if byte == "\n" || byte == "\r" && isBeforeLineFeed { return "the end of the line" }
        let rest = bytes[position..<min(position + 4, bytes.count)]
        return DisplayText.quoted(String(decoding: rest, as: UTF8.self).first.map { String($0) } ?? "")
    }

    /// True when the byte after the next one is a line feed.
    private var isBeforeLineFeed: Bool {
        position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n")
    }
}
