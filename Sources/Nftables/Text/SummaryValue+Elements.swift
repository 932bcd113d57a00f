// SPDX-License-Identifier: GPL-2.0-or-later

extension SummaryValue {
    /// The elements of a set or map in nft's words, in the order of their keys; a map's with their verdicts.
    static func elements(
        of entries: [SetEntry], _ contents: SetContents, subject: String, isInNetworkOrder: Bool
    ) -> [String] {
        let sorted = entries.sorted { ($0.key ?? []).lexicographicallyPrecedes($1.key ?? []) }
        func words(_ key: [UInt8]) -> String { value(key, of: subject, isInNetworkOrder: isInNetworkOrder) }
        var elements: [String] = []
        for (index, entry) in sorted.enumerated() where !entry.isIntervalEnd {
            var text = "*"
            if let key = entry.key {
                text = words(key)
                let last =
                    entry.keyEnd ?? (contents.isInterval ? end(of: key, before: sorted, index + 1) : key)
                if last != key { text += "-\(words(last))" }
            }
            if let verdict = entry.verdict { text += " : \(SummaryValue.words(of: verdict))" }
            elements.append(text.contains("…") ? "…" : text)
        }
        return elements
    }

    /// The last key of the interval that begins with `key`; the entry at `next`, if there is one, is the first behind it.
    private static func end(of key: [UInt8], before sorted: [SetEntry], _ next: Int) -> [UInt8] {
        guard next < sorted.count, let first = sorted[next].key else {
            return [UInt8](repeating: 255, count: key.count)
        }
        return predecessor(of: first)
    }

    /// The key before this one: an interval ends before the next entry.
    private static func predecessor(of key: [UInt8]) -> [UInt8] {
        var key = key
        for index in key.indices.reversed() {
            key[index] &-= 1
            if key[index] != 255 { break }
        }
        return key
    }
}
