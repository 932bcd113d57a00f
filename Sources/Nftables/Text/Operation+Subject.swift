// SPDX-License-Identifier: GPL-2.0-or-later

extension Operation {
    /// The operation as a phrase for error messages: "add rule to chain input of table inet filter".
    public var subject: String {
        switch self {
        case .addTable(let table): "add \(table.name.errorPhrase)"
        case .deleteTable(let table): "delete \(table.errorPhrase)"
        case .addChain(let chain): "add \(chain.name.errorPhrase)"
        case .flushChain(let chain): "flush \(chain.errorPhrase)"
        case .deleteChain(let chain): "delete \(chain.errorPhrase)"
        case .addSet(let set): "add \(set.name.errorPhrase)"
        case .flushSet(let set): "flush \(set.errorPhrase)"
        case .deleteSet(let set): "delete \(set.errorPhrase)"
        case .addElements(let set, let elements):
            "add \(elements.map { String($0.port) }.joined(separator: ", ")) to \(set.errorPhrase)"
        case .addRule(_, let chain, _): "add rule to \(chain.errorPhrase)"
        case .deleteRule(let chain, let handle):
            "delete the rule with handle \(handle) of \(chain.errorPhrase)"
        }
    }
}

extension TableName {
    var errorPhrase: String { "table \(self)" }
}

extension ChainName {
    var errorPhrase: String { "chain \(name) of table \(table)" }
}

extension SetName {
    var errorPhrase: String { "set \(name) of table \(table)" }
}
