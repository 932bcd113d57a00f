// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner
internal import Platform

/// Refusals of the kernel in earlier attempts, so that the rest of a plan can be carried out.
struct Refusals {
    private var tables: [TableName: String] = [:]
    private var operations: [Operation: String] = [:]

    /// Takes note of the operations that were refused. False when it learns nothing new from that.
    mutating func learn(from rejections: [Rejection], of operations: [Operation]) -> Bool {
        var isNew = false
        for rejection in rejections {
            guard let index = rejection.operation, operations.indices.contains(index) else { return false }
            let operation = operations[index]
            let reason = SystemError.text(of: rejection.code)
            if operation.deletesObject, self.operations[operation] == nil {
                self.operations[operation] = reason
                isNew = true
            } else if tables[operation.table] == nil {
                tables[operation.table] = reason
                isNew = true
            }
        }
        return isNew
    }

    /// The plan without what was refused, which is left alone.
    func apply(to plan: Plan) -> Plan {
        var plan = plan
        plan.operations.removeAll { operations[$0] != nil || tables[$0.table] != nil }
        plan.places.removeAll { tables[$0.table] != nil }
        for (table, reason) in tables {
            plan.fates.withhold([table], because: "the kernel refuses changes: \(reason)")
        }
        plan.leftAlone += tables.sorted { $0.key.description < $1.key.description }.map { table, reason in
            LeftAlone(name: table.description, reason: "the kernel refuses changes: \(reason)")
        }
        plan.leftAlone += operations.map { operation, reason in
            LeftAlone(name: operation.subject, reason: "the kernel refuses its removal: \(reason)")
        }.sorted { $0.name < $1.name }
        return plan
    }
}

extension Operation {
    /// Whether it removes a chain or a set, which a foreign rule may still use.
    fileprivate var deletesObject: Bool {
        switch self {
        case .deleteChain, .deleteSet: true
        default: false
        }
    }

    /// The name of what it is about.
    fileprivate var subject: String {
        switch self {
        case .deleteChain(let name): name.description
        case .deleteSet(let name): name.description
        default: table.description
        }
    }
}
