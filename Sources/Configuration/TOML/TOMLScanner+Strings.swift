// SPDX-License-Identifier: GPL-2.0-or-later

extension TOMLScanner {
    /// Reads a string, beginning at its opening quote: basic ("…", with escapes) or literal ('…'), on one
    /// line or, with three quotes, on several.
    mutating func readString() throws(TOMLError) -> String {
        if take("\"\"\"") { return try readMultiLineString(quote: "\"") }
        if take("'''") { return try readMultiLineString(quote: "'") }
        return try readSingleLineString()
    }

    /// Reads a string on one line, beginning at its opening quote.
    mutating func readSingleLineString() throws(TOMLError) -> String {
        let quote = next
        advance()
        var text: [UInt8] = []
        while let byte = next, byte != "\n", byte != "\r" {
            try check(byte)
            advance()
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            if byte == "\\" && quote == "\"" {
                text += try readEscape()
            } else {
                text.append(UInt8(byte.value))
            }
        }
        throw error("a string does not end in its line: a quote is missing")
    }

    /// Reads a string on several lines, after its opening quotes.
    private mutating func readMultiLineString(quote: Unicode.Scalar) throws(TOMLError) -> String {
        let begin = line
        var text: [UInt8] = []
        _ = takeLineEnd()
        while let byte = next {
            if byte == quote {
                let quotes = takeWhile { $0 == quote }.count
                // One or two quotes are part of the text, also directly before the three that end the string.
                guard quotes <= 5 else { throw error("\(quotes) quotes in a row") }
                text += [UInt8](repeating: UInt8(quote.value), count: quotes < 3 ? quotes : quotes - 3)
                if quotes >= 3 { return String(decoding: text, as: UTF8.self) }
            } else if takeLineEnd() {
                text.append(0x0A)
            } else {
                try check(byte)
                advance()
                guard byte == "\\" && quote == "\"" else {
                    text.append(UInt8(byte.value))
                    continue
                }
                if try !joinLines() { text += try readEscape() }
            }
        }
        throw TOMLError(
            line: begin, reason: "a string that begins here does not end: three quotes are missing")
    }

    /// After a backslash: if only spaces and a line end follow, skips to the next text and returns true.
    private mutating func joinLines() throws(TOMLError) -> Bool {
        guard let byte = next, [" ", "\t", "\r", "\n"].contains(byte) else { return false }
        skipSpaces()
        guard takeLineEnd() else { throw error("a backslash with spaces behind it must end its line") }
        repeat { skipSpaces() } while takeLineEnd()
        return true
    }

    /// Reads the rest of an escape, after its backslash.
    private mutating func readEscape() throws(TOMLError) -> [UInt8] {
        guard let letter = next else { throw error("the file ends in the middle of a string") }
        let byte: UInt8
        switch letter {
        case "b": byte = 0x08
        case "t": byte = 0x09
        case "n": byte = 0x0A
        case "f": byte = 0x0C
        case "r": byte = 0x0D
        case "\"", "\\": byte = UInt8(letter.value)
        case "u": return try readScalar(digits: 4)
        case "U": return try readScalar(digits: 8)
        default:
            throw error(
                "\\ before \(nextForDisplay): accepted are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX; "
                    + "strings in single quotes take backslashes as they are")
        }
        advance()
        return [byte]
    }

    private mutating func readScalar(digits: Int) throws(TOMLError) -> [UInt8] {
        advance()
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = next, let digit = Character(byte).hexDigitValue else {
                throw error("\\u needs 4 hexadecimal digits and \\U needs 8")
            }
            value = value << 4 | UInt32(digit)
            advance()
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw error("\\u{\(String(value, radix: 16))} is no character of Unicode")
        }
        return Array(String(Character(scalar)).utf8)
    }
}
