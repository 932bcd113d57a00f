// SPDX-License-Identifier: GPL-2.0-or-later

extension Rule {
    /// The rule in a form for display, close to nft's listing: "ip saddr @blocked drop". Unknown parts become
    /// an ellipsis; counters and the comments of iptables are left out.
    public var summary: String { summary(with: [:]) }

    /// The summary with the elements of anonymous sets, as far as `sets` has them. If it would have more than 80
    /// characters, its longest parts are shortened; a comment, which may identify our rules, is kept.
    public func summary(with sets: [SetName: SetContents]) -> String {
        var writer = SummaryWriter(table: chain.table, sets: sets)
        for expression in expressions { writer.append(expression) }
        var words = writer.finished
        if let comment { words.append("comment \"\(comment)\"") }
        return words.joined(separator: " ")
    }
}

/// Joins each load of a register with the comparison that follows it.
private struct SummaryWriter {
    /// A part of the text, with a shorter form where it has one.
    private struct Part {
        var text: String
        var short: String?
    }

    private let table: TableName
    private let sets: [SetName: SetContents]
    private var parts: [Part] = []
    /// The text for the value in the register if that has not been compared yet, else nil.
    private var loaded: String?
    /// The texts of the values that were loaded before, for a concatenation.
    private var concatenated: [String] = []
    /// The packet property in the register, if that is one.
    private var loadedKey: MetaKey?
    /// The mask applied to the value in the register; nil without a mask, empty for an unknown change.
    private var mask: [UInt8]?
    /// True after the value in the register was converted to network byte order.
    private var isInNetworkOrder = false
    /// The subject and the lower bound of the comparison written last, if that may be the first half of a range.
    private var lowerBound: (subject: String, value: String)?
    /// The name of the transport protocol, used before "sport" and "dport"; nft's "th" if it is not known.
    private var layer4 = "th"
    /// False after a comparison with the transport protocol that is not in ``parts`` yet.
    private var isLayer4Written = true

    private static let longest = 80

    init(table: TableName, sets: [SetName: SetContents]) {
        self.table = table
        self.sets = sets
    }

    /// The words, including that for a value that was loaded last and not compared.
    var finished: [String] {
        var writer = self
        writer.flush()
        writer.shorten()
        return writer.parts.map(\.text)
    }

    /// Shortens parts, the longest first, until the text is short enough.
    private mutating func shorten() {
        while parts.reduce(parts.count - 1, { $0 + $1.text.count }) > Self.longest {
            let candidates = parts.indices.filter { parts[$0].short != nil }
            guard let index = candidates.max(by: { parts[$0].text.count < parts[$1].text.count }),
                let short = parts[index].short
            else { return }
            parts[index] = Part(text: short)
        }
    }

    mutating func append(_ expression: Expression) {
        switch expression {
        case .meta(let key): load(SummaryValue.metaSubject(key.rawValue), key)
        case .payload(let base, let offset, let length): load(field(base, offset, length))
        case .compare(let comparison, let bytes): compare(comparison, bytes)
        case .lookup(let set, let inverted): writeLookup(inverted ? " != " : " ", set)
        case .verdictMap(let map): writeLookup(" vmap ", map)
        case .counter: break
        case .verdict(let verdict): write(SummaryValue.words(of: verdict))
        case .log: write("log")
        case .reject: write("reject")
        case .limit: write("limit …")
        case .trace: write("meta nftrace set 1")
        case .match(let name, let revision, let data):
            if name == "comment" { break }
            let words = SummaryValue.xtablesWords(name, revision, data)
            write(words.map { "-m \(name) \($0)" } ?? "-m \(name) …", short: "-m \(name) …")
        case .target(let name, _, _): write("-j \(name)")
        case .instruction(let instruction): append(instruction)
        case .other(let name):
            write("\(name) …")
        }
    }

    private mutating func append(_ instruction: Instruction) {
        switch instruction {
        case .meta(let key, _): load(SummaryValue.metaSubject(key))
        case .payload(let base, let offset, let length, _):
            load(
                PayloadBase(rawValue: base).map { field($0, offset, length) }
                    ?? "@ih,\(offset * 8),\(length * 8)")
        case .connection(let key, let isReply, _): load(SummaryValue.connectionSubject(key, isReply: isReply))
        case .route(let result, let flags, _):
            // NFTA_FIB_F_SADDR is 1, NFT_FIB_RESULT_ADDRTYPE is 3.
            load("fib \(flags & 1 != 0 ? "saddr" : "daddr") \(result == 3 ? "type" : "oif")")
        // An unknown operation on the value in the register is read as the load "bitwise".
        case .load(let name, _): if name != "bitwise" { load(name) } else { mask = [] }
        case .mask(_, _, let bits, _): mask = bits
        case .shift: mask = []
        case .byteOrder: isInNetworkOrder = true
        case .compare(let comparison, _, let bytes): compare(comparison, bytes)
        case .range(let isInverted, _, let low, let high):
            writeRange(from: low, to: high, isInverted: isInverted)
        case .lookup(let set, let inverted, _): writeLookup(inverted ? " != " : " ", set)
        case .verdictMap(let map, _): writeLookup(" vmap ", map)
        case .map(let map, _, _):
            let subject = takeSubject()
            load("\(subject) map \(reference(to: map, of: subject, upTo: 0))")
        // The operand of a following expression, for example of `meta mark set`.
        case .immediate: loaded = nil
        case .setMeta(let key, _): write("\(SummaryValue.metaSubject(key)) set \(takeOperand())")
        case .setConnection(let key, _):
            write("\(SummaryValue.connectionSubject(key, isReply: false)) set \(takeOperand())")
        case .setPayload: write("payload set …")
        case .object(_, let name): write("name \"\(name)\"")
        case .objectMap(let map, _): write("name … map \(reference(to: map, of: "", upTo: 0))")
        case .dynamicSet(let set, let operation, _, _, _):
            let elements = loaded == nil ? "…" : "{ \(takeSubject()) }"
            write("\(Self.setOperations[operation] ?? "…") @\(set) \(elements)")
        }
    }

    /// By NFT_DYNSET_OP_*.
    private static let setOperations: [UInt32: String] = [0: "add", 1: "update", 2: "delete"]

    /// The set by its name; an anonymous set by its elements, of which up to `count` characters are shown.
    private func reference(to set: String, of subject: String, upTo count: Int) -> String {
        guard set.hasPrefix("__") else { return "@\(set)" }
        guard count > 0, !subject.contains(" . "), let contents = sets[SetName(table, set)],
            contents.queriedKeys == nil, let entries = contents.entries
        else { return "{ … }" }
        let elements = SummaryValue.elements(
            of: entries, contents, subject: subject, isInNetworkOrder: isInNetworkOrder)
        var (shown, length): ([String], Int) = ([], 0)
        for element in elements {
            length += element.count + 2
            guard element != "…", length <= count else {
                shown.append("…")
                break
            }
            shown.append(element)
        }
        return "{ \(shown.joined(separator: ", ")) }"
    }

    /// Writes a look-up of the loaded values in a set or map.
    private mutating func writeLookup(_ operation: String, _ set: String) {
        let subject = takeSubject()
        write(
            subject + operation + reference(to: set, of: subject, upTo: 60),
            short: subject + operation + reference(to: set, of: subject, upTo: 20))
    }

    /// The loaded values, joined if there are several.
    private mutating func takeSubject() -> String {
        let all = concatenated + [loaded ?? "…"]
        concatenated = []
        loaded = nil
        return all.joined(separator: " . ")
    }

    /// The loaded value if nothing has changed it, else an ellipsis.
    private mutating func takeOperand() -> String {
        defer { loaded = nil }
        return mask == nil ? loaded ?? "…" : "…"
    }

    private mutating func load(_ text: String, _ key: MetaKey? = nil) {
        // A value that is not compared before the next one is loaded may be part of a concatenation.
        if let loaded { concatenated.append(loaded) }
        lowerBound = nil
        mask = nil
        isInNetworkOrder = false
        loaded = text
        loadedKey = key
    }

    /// Writes what is pending: the transport protocol and the loaded values. A value that is never compared belongs to
    /// an unknown condition and is followed by an ellipsis.
    private mutating func flush() {
        for text in concatenated + [loaded].compactMap(\.self) { parts.append(Part(text: "\(text) …")) }
        if !isLayer4Written { parts.append(Part(text: "meta l4proto \(layer4)")) }
        isLayer4Written = true
        loaded = nil
        loadedKey = nil
        concatenated = []
    }

    /// Writes a text that contains the word for the loaded value, if any.
    private mutating func write(_ text: String, short: String? = nil) {
        loaded = nil
        lowerBound = nil
        flush()
        parts.append(Part(text: text, short: short == text ? nil : short))
    }

    private func value(_ bytes: [UInt8], of subject: String) -> String {
        SummaryValue.value(bytes, of: subject, isInNetworkOrder: isInNetworkOrder)
    }

    /// Writes the condition that the loaded value is in a range, or not.
    private mutating func writeRange(from low: [UInt8], to high: [UInt8], isInverted: Bool) {
        let subject = loaded ?? "…"
        let (first, last) = (value(low, of: subject), value(high, of: subject))
        let isKnown = first != "…" && last != "…"
        write("\(subject) \(isInverted ? "!= " : "")\(isKnown ? "\(first)-\(last)" : "…")")
    }

    /// The words for bytes of a header.
    private mutating func field(_ base: PayloadBase, _ offset: UInt32, _ length: UInt32) -> String {
        guard base == .transport else { return SummaryValue.field(base, offset, length) }
        let name = SummaryValue.transportField(offset, length, of: layer4)
        // "udp dport" includes the protocol.
        if name != nil { isLayer4Written = true }
        return name.map { "\(layer4) \($0)" } ?? "@th,\(offset * 8),\(length * 8)"
    }

    private mutating func compare(_ comparison: Comparison, _ bytes: [UInt8]) {
        let subject = loaded ?? "…"
        // Keep the protocol for "udp dport" and the like.
        if case .layer4Protocol? = loadedKey, comparison == .equal, bytes.count == 1, mask == nil {
            layer4 = SummaryValue.protocols[bytes[0]] ?? String(bytes[0])
            loaded = nil
            loadedKey = nil
            isLayer4Written = false
            return
        }
        if comparison == .notEqual, let mask, bytes.allSatisfy({ $0 == 0 }),
            let flags = SummaryValue.flags(mask, of: subject)
        {
            return write("\(subject) \(flags)")
        }
        let text = SummaryValue.flags(bytes, of: subject) ?? value(bytes, of: subject)
        // A range consists of two comparisons of one value.
        if loaded == nil, comparison == .lessOrEqual, let (subject, low) = lowerBound {
            parts.removeLast()
            return write("\(subject) \(low)-\(value(bytes, of: subject))")
        }
        guard text != "…" else { return write("\(subject) …") }
        // "exthdr exists" is compared with 1, or with 0 if it is missing.
        if subject.hasSuffix(" exists"), bytes.count == 1, comparison == .equal {
            let isThere = bytes[0] != 0
            return write(isThere ? subject : String(subject.dropLast("exists".count)) + "missing")
        }
        let sign = Self.signs[comparison] ?? ""
        switch mask {
        case nil: write("\(subject) \(sign)\(text)")
        case let mask? where subject.hasSuffix("addr"):
            write("\(subject) \(sign)\(text)\(SummaryValue.prefixLength(of: mask))")
        case let mask?:
            let bits = SummaryValue.hexadecimal(mask, of: subject, isInNetworkOrder: isInNetworkOrder)
            write("\(subject) & \(bits) \(sign.isEmpty ? "== " : sign)\(text)")
        }
        if comparison == .greaterOrEqual, mask == nil { lowerBound = (subject, text) }
    }

    private static let signs: [Comparison: String] = [
        .notEqual: "!= ", .less: "< ", .lessOrEqual: "<= ", .greater: "> ", .greaterOrEqual: ">= ",
    ]
}
