// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner

/// Rows that are stopped for the same reason on the same interfaces, as one log entry.
struct StoppedRows: Hashable {
    var rows: [String]
    var interfaces: [String]
    var outcome: RowFate.Outcome

    /// Groups fates by outcome and interface.
    static func all(in fates: [RowFate]) -> [StoppedRows] {
        var groups: [StoppedRows] = []
        for interface in fates.map(\.interface).unique {
            let fatesHere = fates.filter { $0.interface == interface }
            for outcome in fatesHere.map(\.outcome).unique {
                let rows = fatesHere.filter { $0.outcome == outcome }.map(\.row)
                if let index = groups.firstIndex(where: { $0.rows == rows && $0.outcome == outcome }) {
                    if let interface { groups[index].interfaces.append(interface) }
                } else {
                    groups.append(
                        StoppedRows(rows: rows, interfaces: interface.map { [$0] } ?? [], outcome: outcome))
                }
            }
        }
        return groups
    }

    /// "I1, I2 on eth0 not served: owned by another process (netlink port 4711); denied by inet vpn input, its policy"
    var text: String {
        let rowNames = rows.joined(separator: ", ")
        let location = interfaces.isEmpty ? "" : " on \(LogText.list(interfaces) { $0 })"
        switch outcome {
        case .notServed(let rule?, let reason):
            return "\(rowNames)\(location) not served: \(reason); denied by \(rule.description)"
        case .notServed(nil, let reason): return "\(rowNames)\(location) not served: \(reason)"
        case .unknown(let rule?, let reason):
            return "\(rowNames)\(location) may be stopped: \(reason): \(rule.description)"
        case .unknown(nil, let reason): return "\(rowNames)\(location) may be stopped: \(reason)"
        case .openByUs, .open, .firewalld, .explicitlyDenied: return "\(rowNames)\(location)"
        }
    }
}

extension Array where Element: Hashable {
    /// The elements without repetition, in order of first appearance.
    fileprivate var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
