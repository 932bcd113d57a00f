// SPDX-License-Identifier: GPL-2.0-or-later

extension Operation {
    /// The operation as a phrase for error messages: "add rule to chain input of table inet filter".
    public var subject: String {
        switch self {
        case .addTable(let table): "add \(table.name.phrase)"
        case .deleteTable(let table): "delete \(table.phrase)"
        case .addChain(let chain): "add \(chain.name.phrase)"
        case .flushChain(let chain): "flush \(chain.phrase)"
        case .deleteChain(let chain): "delete \(chain.phrase)"
        case .addSet(let set): "add \(set.name.phrase)"
        case .flushSet(let set): "flush \(set.phrase)"
        case .deleteSet(let set): "delete \(set.phrase)"
        case .addElements(let set, let elements):
            "add \(elements.map { String($0.port) }.joined(separator: ", ")) to \(set.phrase)"
        case .addRule(_, let chain, _): "add rule to \(chain.phrase)"
        case .deleteRule(let chain, let handle): "delete rule \(handle) of \(chain.phrase)"
        }
    }
}

extension TableName {
    var phrase: String { "table \(self)" }
}

extension ChainName {
    var phrase: String { "chain \(name) of table \(table)" }
}

extension SetName {
    var phrase: String { "set \(name) of table \(table)" }
}
