// SPDX-License-Identifier: GPL-2.0-or-later

/// The transaction in nft's syntax, one command per line, as `nft -f` reads it. Rules with xtables matches,
/// which nft cannot write, appear as comments in iptables' syntax.
public func nftText(of operations: [Operation]) -> String {
    operations.map { $0.nftText + "\n" }.joined()
}

extension Operation {
    /// The operation as a command for nft.
    public var nftText: String {
        switch self {
        case .addTable(let table): "add table \(table.name)\(table.nftBlock)"
        case .deleteTable(let table): "delete table \(table)"
        case .addChain(let chain): "add chain \(chain.name)\(chain.nftBlock)"
        case .flushChain(let chain): "flush chain \(chain)"
        case .deleteChain(let chain): "delete chain \(chain)"
        case .addSet(let set): "add set \(set.name)\(set.nftBlock)"
        case .flushSet(let set): "flush set \(set)"
        case .deleteSet(let set): "delete set \(set)"
        case .addElements(let set, let elements):
            "add element \(set) { \(elements.map(\.nftText).joined(separator: ", ")) }"
        case .addRule(let rule, let chain, let position) where !rule.isNative:
            "# \(chain.table.iptablesOption)\(position.iptablesVerb) \(chain.name) \(rule.iptablesText)\(position.iptablesPlace)"
        case .addRule(let rule, let chain, let position):
            "\(position.nftVerb) rule \(chain)\(position.nftPlace) \(rule.nftText(in: chain.table.family))"
        case .deleteRule(let chain, let handle): "delete rule \(chain) handle \(handle)"
        }
    }
}

extension TableName {
    /// The option of iptables that selects the table; empty for the default, filter.
    fileprivate var iptablesOption: String { name == "filter" ? "" : "-t \(name) " }
}

/// The properties as " { a; b; }"; empty without properties.
private func block(_ properties: [String]) -> String {
    properties.isEmpty ? "" : " { " + properties.map { $0 + "; " }.joined() + "}"
}

/// The property "comment …"; empty without a comment.
private func commentProperty(_ text: String?) -> [String] { text.map { ["comment \"\($0)\""] } ?? [] }

/// The property "flags …" with the words for the bits that are set; empty if none is set.
private func flagsProperty(_ names: [(bit: UInt32, word: String)], in flags: UInt32) -> [String] {
    let set = names.filter { flags & $0.bit != 0 }.map(\.word)
    return set.isEmpty ? [] : ["flags " + set.joined(separator: ", ")]
}

extension Table {
    fileprivate var nftBlock: String {
        block(flagsProperty([(1, "dormant"), (2, "owner")], in: flags) + commentProperty(comment))
    }
}

extension Chain {
    fileprivate var nftBlock: String {
        var properties: [String] = []
        if let base {
            let priority = base.priority == 0 && base.type == "filter" ? "filter" : String(base.priority)
            let device = base.device.map { " device \"\($0)\"" } ?? ""
            properties.append("type \(base.type) hook \(base.hook)\(device) priority \(priority)")
            properties.append("policy \(base.policy)")
        }
        return block(properties + commentProperty(comment))
    }
}

extension NamedSet {
    fileprivate var nftBlock: String {
        let flagNames: [(UInt32, String)] = [
            (0x2, "constant"), (0x4, "interval"), (0x10, "timeout"), (0x20, "dynamic"),
        ]
        return block(
            ["type \(Self.name(ofKeyType: keyType))"] + flagsProperty(flagNames, in: flags)
                + commentProperty(comment)
        )
    }

    /// nft's name of a data type by nft's number. A concatenation has six bits for each field.
    private static func name(ofKeyType keyType: UInt32) -> String {
        switch keyType {
        case 7: "ipv4_addr"
        case 8: "ipv6_addr"
        case 9: "ether_addr"
        case 12: "inet_proto"
        case 13: "inet_service"
        case 19: "mark"
        case 64...: "\(Self.name(ofKeyType: keyType >> 6)) . \(Self.name(ofKeyType: keyType & 63))"
        default: "\(keyType)"
        }
    }
}

extension TimedElement {
    fileprivate var nftText: String {
        // nft writes protocols by their names.
        let word = isProtocol && port == 2 ? "igmp" : String(port)
        let key = address.map { "\($0) . \(word)" } ?? word
        guard let timeout else { return key }
        return "\(key) timeout \(timeout.nftText)"
    }
}

extension Duration {
    /// The duration in nft's syntax: "3m", "1h30m", "1s500ms".
    fileprivate var nftText: String {
        let (seconds, attoseconds) = components
        let parts = [
            (seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"),
            (seconds % 60, "s"), (attoseconds / 1_000_000_000_000_000, "ms"),
        ]
        let text = parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
        // nft has no shorter duration than 1 ms, and 0 would mean no timeout.
        return text.isEmpty ? "1ms" : text
    }
}

extension RulePosition {
    fileprivate var iptablesVerb: String {
        switch self {
        case .first, .before: "-I"
        case .last, .after: "-A"
        }
    }

    /// The position as a remark, since iptables' commands cannot name handles.
    fileprivate var iptablesPlace: String {
        switch self {
        case .first, .last: ""
        case .before(let handle): " (before the rule with handle \(handle))"
        case .after(let handle): " (after the rule with handle \(handle))"
        }
    }

    fileprivate var nftVerb: String {
        switch self {
        case .first, .before: "insert"
        case .last, .after: "add"
        }
    }

    fileprivate var nftPlace: String {
        switch self {
        case .first, .last: ""
        case .before(let handle), .after(let handle): " handle \(handle)"
        }
    }
}
