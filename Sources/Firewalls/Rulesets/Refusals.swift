// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner
internal import Platform

/// The operations that the kernel refused in earlier attempts, so that the rest of the plan can be carried
/// out.
struct Refusals {
    /// The tables in which an operation was refused, each with the operation and the kernel's reason, as a clause.
    private var tables: [TableName: String] = [:]
    /// The refused removals of chains and sets, each with the kernel's reason. The rest of the table is served.
    private var operations: [Operation: String] = [:]

    /// Records refused operations. Returns false when all of them are known or it is unknown which they are.
    mutating func recordNew(_ rejections: [Rejection], of operations: [Operation]) -> Bool {
        var isNew = false
        for rejection in rejections {
            guard let index = rejection.operation, operations.indices.contains(index) else { return false }
            let operation = operations[index]
            let reason = SystemError.text(of: rejection.code)
            if operation.deletesObject, self.operations[operation] == nil {
                self.operations[operation] = reason
                isNew = true
            } else if tables[operation.table] == nil {
                tables[operation.table] = "the kernel refuses to \(rejection.subject): \(reason)"
                isNew = true
            }
        }
        return isNew
    }

    /// The plan without the refused removals and without the tables of other refused operations; both are added to
    /// what is left alone.
    func apply(to plan: Plan) -> Plan {
        var plan = plan
        plan.operations.removeAll { operations[$0] != nil || tables[$0.table] != nil }
        plan.attachments.removeAll { tables[$0.table] != nil }
        for (table, reason) in tables {
            plan.fates.withhold([table], because: reason)
        }
        plan.leftAlone += tables.sorted { $0.key.description < $1.key.description }.map { table, reason in
            LeftAlone(name: table.description, reason: reason)
        }
        plan.leftAlone += operations.map { operation, reason in
            LeftAlone(name: operation.objectName, reason: "the kernel refuses its removal: \(reason)")
        }.sorted { $0.name < $1.name }
        return plan
    }
}

extension Operation {
    /// True for the removal of a chain or set, which a foreign rule may still use.
    fileprivate var deletesObject: Bool {
        switch self {
        case .deleteChain, .deleteSet: true
        default: false
        }
    }

    /// The name of the object concerned.
    fileprivate var objectName: String {
        switch self {
        case .deleteChain(let name): name.description
        case .deleteSet(let name): name.description
        default: table.description
        }
    }
}
