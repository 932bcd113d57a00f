// SPDX-License-Identifier: GPL-2.0-or-later

/// A syntax error with its line, counted from 1.
struct TOMLError: Error {
    var line: Int
    var reason: String
}

/// A position in the bytes of a TOML file, and the steps that every part of the grammar takes.
///
/// Moves forward only and looks at each byte a bounded number of times, so whatever the bytes are, reading takes
/// linear time. The bytes are UTF-8.
struct TOMLScanner {
    private let bytes: [UInt8]
    private(set) var position = 0
    private(set) var line = 1

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next byte, as the ASCII character that it is; above 0x7F it is part of a longer character. nil at the end.
    var next: Unicode.Scalar? { position < bytes.count ? Unicode.Scalar(bytes[position]) : nil }

    var isAtEnd: Bool { position == bytes.count }

    /// An error in the line that has been reached.
    func error(_ reason: String) -> TOMLError { TOMLError(line: line, reason: reason) }

    /// Steps over the next byte, which is there.
    mutating func advance() {
        if bytes[position] == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    /// Steps over `text` if it comes next.
    mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        for _ in text.utf8 { advance() }
        return true
    }

    /// Steps over the bytes that satisfy the condition and returns them.
    mutating func takeWhile(_ isWanted: (Unicode.Scalar) -> Bool) -> ArraySlice<UInt8> {
        let start = position
        while let byte = next, isWanted(byte) { advance() }
        return bytes[start..<position]
    }

    mutating func skipSpaces() {
        while next == " " || next == "\t" { position += 1 }
    }

    /// Steps over a line's end, "\n" or "\r\n".
    mutating func takeLineEnd() -> Bool { (next == "\n" || next == "\r") && (take("\n") || take("\r\n")) }

    /// Steps over spaces and a comment up to the line's end, which is left.
    mutating func skipComment() throws(TOMLError) {
        skipSpaces()
        guard next == "#" else { return }
        while let byte = next, byte != "\n" {
            if byte == "\r", isBeforeLineFeed { return }
            try check(byte)
            advance()
        }
    }

    /// Steps over spaces, comments and line ends.
    mutating func skipLines() throws(TOMLError) {
        repeat { try skipComment() } while takeLineEnd()
    }

    /// Nothing but a comment may follow in this line.
    mutating func endLine() throws(TOMLError) {
        try skipComment()
        guard isAtEnd || takeLineEnd() else {
            throw error("\(nextShown) is not expected here: the line should end")
        }
    }

    /// TOML allows no control characters but the tab, not even in comments.
    func check(_ byte: Unicode.Scalar) throws(TOMLError) {
        guard byte.value >= 0x20 && byte.value != 0x7F || byte == "\t" else {
            throw error("the control character \(Shown.hexadecimal(byte)) is not allowed")
        }
    }

    /// The next character for an error's text.
    var nextShown: String {
        guard let byte = next else { return "the end of the file" }
        if byte == "\n" || byte == "\r" { return "the end of the line" }
        let rest = bytes[position..<min(position + 4, bytes.count)]
        return Shown.quoted(String(decoding: rest, as: UTF8.self).first.map { String($0) } ?? "")
    }

    private var isBeforeLineFeed: Bool {
        position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n")
    }
}
