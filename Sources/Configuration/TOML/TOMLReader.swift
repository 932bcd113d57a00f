// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads TOML 1.0 (toml.io) as a sequence of events, without storing them: for any content it takes linear
/// time and, besides the file's bytes, the memory of one value.
///
/// Types of values that no key has are not distinguished: numbers and dates are read as words, and tables in
/// arrays are skipped.
struct TOMLReader {
    private var scanner: TOMLScanner
    /// The path of the last header.
    private var section: [String] = []
    private let handle: (TOMLEvent) throws(TOMLError) -> Void

    /// Passes all events to `handle`, in the order of the file.
    /// - Throws: The first syntax error, or the error of `handle`; reading stops there.
    static func read(
        _ bytes: [UInt8], _ handle: @escaping (TOMLEvent) throws(TOMLError) -> Void
    ) throws(TOMLError) {
        if let line = firstLineThatIsNotUTF8(of: bytes) {
            throw TOMLError(line: line, reason: "is not UTF-8")
        }
        var reader = TOMLReader(scanner: TOMLScanner(bytes), handle: handle)
        try reader.readDocument()
    }

    private init(scanner: TOMLScanner, handle: @escaping (TOMLEvent) throws(TOMLError) -> Void) {
        self.scanner = scanner
        self.handle = handle
    }

    private static func firstLineThatIsNotUTF8(of bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        // Line ends are single bytes, so that each line can be validated by itself.
        var line = 1
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A), String(validating: rest[..<end], as: UTF8.self) != nil {
            rest = rest[(end + 1)...]
            line += 1
        }
        return line
    }

    private mutating func readDocument() throws(TOMLError) {
        // A byte order mark may come first.
        _ = scanner.take("\u{FEFF}")
        while true {
            try scanner.skipLines()
            if scanner.isAtEnd { return }
            if scanner.next == "[" { try readHeader() } else { try readPair(under: section, depth: 0) }
            try scanner.endLine()
        }
    }

    private mutating func readHeader() throws(TOMLError) {
        let isArray = scanner.take("[[")
        if !isArray { scanner.advance() }
        section = try readPath()
        guard scanner.take(isArray ? "]]" : "]") else {
            throw scanner.error(
                "\(scanner.nextForDisplay) in the name of a section: \(isArray ? "\"]]\"" : "\"]\"") is expected"
            )
        }
        try handle(TOMLEvent(line: scanner.line, path: section, kind: .header(isArray: isArray)))
    }

    /// Reads `key = value`.
    /// - Parameters:
    ///   - prefix: The path that the key belongs to; nil inside arrays, whose tables are skipped.
    ///   - depth: The number of enclosing arrays and inline tables.
    /// - Throws: ``TOMLError``, or what `handle` throws.
    private mutating func readPair(under prefix: [String]?, depth: Int) throws(TOMLError) {
        let line = scanner.line
        let key = try readPath()
        let path = prefix.map { Array(($0 + key).prefix(Self.longestPath)) }
        guard scanner.take("=") else {
            let name = DisplayText.quoted(key.joined(separator: "."))
            throw scanner.error("\(scanner.nextForDisplay) after the key \(name): \"=\" is expected")
        }
        scanner.skipSpaces()
        let isTable = scanner.next == "{"
        if let path, isTable {
            try handle(TOMLEvent(line: line, path: path, kind: .inlineTable, isInline: depth > 0))
        }
        let value = try readValue(under: path, depth: depth + 1)
        if let path, !isTable {
            try handle(TOMLEvent(line: line, path: path, kind: .value(value), isInline: depth > 0))
        }
    }

    /// Reads keys with dots between them, and the spaces around them.
    private mutating func readPath() throws(TOMLError) -> [String] {
        var path: [String] = []
        repeat {
            scanner.skipSpaces()
            let key = try readKey()
            if path.count < Self.longestPath {
                path.append(String(key.unicodeScalars.prefix(Self.longestKey)))
            }
            scanner.skipSpaces()
        } while scanner.take(".")
        return path
    }

    private mutating func readKey() throws(TOMLError) -> String {
        if scanner.next == "\"" || scanner.next == "'" { return try scanner.readSingleLineString() }
        let key = scanner.takeWhile { byte in
            ("a"..."z").contains(byte) || ("A"..."Z").contains(byte) || ("0"..."9").contains(byte)
                || byte == "_"
                || byte == "-"
        }
        guard !key.isEmpty else {
            throw scanner.error(
                "\(scanner.nextForDisplay) where a key is expected: letters, digits, \"_\", \"-\" or quotes")
        }
        return String(decoding: key, as: UTF8.self)
    }

    /// The longest path that is kept; paths of settings have two keys.
    private static let longestPath = 4
    /// The longest key that is kept; keys of settings are shorter.
    private static let longestKey = 100
}

extension TOMLReader {
    /// Reads a value at a depth of nesting, which is 1 for the value of a key outside inline tables. The contents of an
    /// inline table become events with paths below `path`; with nil they are skipped.
    private mutating func readValue(under path: [String]?, depth: Int) throws(TOMLError) -> SettingValue {
        switch scanner.next {
        case "\"", "'": return .text(try scanner.readString())
        case "[": return try readArray(depth: depth)
        case "{":
            try readInlineTable(path, depth: depth)
            return .other
        default: break
        }
        let word = scanner.takeWhile { byte in
            ("a"..."z").contains(byte) || ("A"..."Z").contains(byte) || ("0"..."9").contains(byte)
                || ["_", "-", "+", ".", ":"].contains(byte)
        }
        switch String(decoding: word, as: UTF8.self) {
        case "true": return .flag(true)
        case "false": return .flag(false)
        case "": throw scanner.error("\(scanner.nextForDisplay) where a value is expected")
        default: return .other
        }
    }

    private mutating func readArray(depth: Int) throws(TOMLError) -> SettingValue {
        try enter(depth)
        let begin = scanner.line
        scanner.advance()
        var texts: [String]? = []
        var count = 0
        try scanner.skipLines()
        while !scanner.take("]") {
            guard !scanner.isAtEnd else {
                throw TOMLError(line: begin, reason: "a list that begins here does not end: \"]\" is missing")
            }
            let value = try readValue(under: nil, depth: depth + 1)
            if case .text(let text) = value { texts?.append(text) } else { texts = nil }
            count += 1
            guard count <= Self.longestArray else {
                throw scanner.error("more than \(Self.longestArray) values in one list")
            }
            try scanner.skipLines()
            guard scanner.next != "]", !scanner.isAtEnd else { continue }
            guard scanner.take(",") else {
                throw scanner.error("\(scanner.nextForDisplay) in a list: \",\" or \"]\" is expected")
            }
            try scanner.skipLines()
        }
        return texts.map { .list($0) } ?? .other
    }

    /// Reads `{ key = value, … }`, on one line.
    private mutating func readInlineTable(_ path: [String]?, depth: Int) throws(TOMLError) {
        try enter(depth)
        scanner.advance()
        scanner.skipSpaces()
        if scanner.take("}") { return }
        while true {
            try readPair(under: path, depth: depth)
            scanner.skipSpaces()
            if scanner.take("}") { return }
            guard scanner.take(",") else {
                throw scanner.error(
                    "\(scanner.nextForDisplay) in an inline table: \",\" or \"}\" is expected")
            }
        }
    }

    /// Limits the recursion between arrays and inline tables.
    private func enter(_ depth: Int) throws(TOMLError) {
        guard depth <= Self.deepest else {
            throw scanner.error("more than \(Self.deepest) lists or tables within each other")
        }
    }

    /// The maximum number of arrays and inline tables within each other.
    private static let deepest = 16
    /// The maximum number of values in one array.
    private static let longestArray = 1_024
}
