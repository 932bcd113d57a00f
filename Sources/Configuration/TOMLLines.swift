// SPDX-License-Identifier: GPL-2.0-or-later

/// Finds the line of a key in the text of a TOML file, for error messages.
///
/// The TOML library tells positions only of syntax errors. The text parses when this is asked, so a line that
/// looks like a header or a key is one, unless it stands inside a multi-line string, which no key of ours takes.
struct TOMLLines {
    private var lines: [[String]: Int] = [:]

    init(_ text: String) {
        var section: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.drop(while: { $0 == " " || $0 == "\t" })
            if content.hasPrefix("["), let end = content.firstIndex(of: "]") {
                section = Self.path(content[content.index(after: content.startIndex)..<end])
                lines[section] = lines[section] ?? index + 1
            } else if !content.hasPrefix("#"), let equals = content.firstIndex(of: "=") {
                let path = section + Self.path(content[..<equals])
                for length in 1...path.count {
                    let prefix = Array(path[..<length])
                    lines[prefix] = lines[prefix] ?? index + 1
                }
            }
        }
    }

    /// Counted from 1; nil when the key is written in a way that this does not see, as in an inline table.
    func line(of path: [String]) -> Int? {
        lines[path] ?? (path.count > 1 ? line(of: Array(path.dropLast())) : nil)
    }

    private static func path(_ text: Substring) -> [String] {
        text.split(separator: ".").map { part in
            String(part.filter { $0 != " " && $0 != "\t" && $0 != "\"" && $0 != "'" })
        }
    }
}
