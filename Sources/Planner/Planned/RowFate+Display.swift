// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension [RowFate] {
    /// The maximum number of interfaces that are shown one by one.
    private static var mostInterfaces: Int { 8 }

    /// The fates ordered by interface, for display. If there are many interfaces, those with equal fates are
    /// shown as one, named after the first: "veth1 and 199 alike".
    public var byInterface: [RowFate] {
        var names: [String?] = []
        var fates: [String?: [RowFate]] = [:]
        for fate in self {
            if fates[fate.interface] == nil { names.append(fate.interface) }
            fates[fate.interface, default: []].append(fate)
        }
        guard names.count > Self.mostInterfaces else { return names.flatMap { fates[$0] ?? [] } }
        var groups: [(rows: [RowFate], first: String?, count: Int)] = []
        for name in names {
            let rows = (fates[name] ?? []).map { $0.on(nil) }
            if let index = groups.firstIndex(where: { $0.rows == rows }) {
                groups[index].count += 1
            } else {
                groups.append((rows, name, 1))
            }
        }
        return groups.flatMap { group in
            let others = group.count > 1 ? " and \(group.count - 1) alike" : ""
            return group.rows.map { $0.on(group.first.map { $0 + others }) }
        }
    }
}

extension RowFate {
    /// The fate with another name of the interface.
    fileprivate func on(_ interface: String?) -> RowFate {
        RowFate(
            row: row, direction: direction, interface: interface, isToGroup: isToGroup, outcome: outcome)
    }

    /// The chains that decide the fate, such as "inet filter input", or "firewalld"; nil if none does.
    public var place: String? {
        switch outcome {
        case .openByUs(let chains): chains.map(\.description).joined(separator: ", ")
        case .open: nil
        case .firewalld: "firewalld"
        case .explicitlyDenied(let rule), .notServed(let rule?, _), .unknown(let rule?, _):
            rule.chain.description
        case .notServed(nil, _), .unknown(nil, _): nil
        }
    }

    /// The reason as a clause; nil for packets that pass.
    public var reason: String? {
        let words = [isToGroup ? "to \(RFC4380.discoveryGroup)" : nil, cause].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: ": ")
    }

    /// The reason without the receivers of the packets.
    private var cause: String? {
        switch outcome {
        case .openByUs, .open, .firewalld: nil
        case .explicitlyDenied(let rule): rule.clause
        case .notServed(let rule?, let reason): "\(reason); denied by \(rule.clause)"
        case .unknown(let rule?, let reason): "\(reason): \(rule.clause)"
        case .notServed(nil, let reason), .unknown(nil, let reason): reason
        }
    }
}
