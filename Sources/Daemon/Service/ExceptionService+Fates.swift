// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Logging
internal import Planner

extension ExceptionService {
    /// Logs what is left alone and which rows are not served, as far as it was not logged before.
    func logStoppedRows() {
        let legacy = LegacyTables.finding(about: LegacyTables.inUse(of: .iptables), of: .iptables)
        let items = firewall.leftAlone + (legacy.map { [$0] } ?? [])
        // While tables are waited for, their rows will be served in a moment: log nothing about them.
        let stopped =
            firewall.waiting.isEmpty ? Set(firewall.fates.filter(\.deservesWarning)) : loggedStoppedFates
        // A reason that is logged for rows is not logged again for their chain.
        let reasons = Set(stopped.compactMap(\.obstacle))
        log.warn(ofNew: items.filter { !reasons.contains($0.reason) }, besides: leftAlone)
        log.warn(
            ofNew: StoppedRows.all(
                in: firewall.fates.filter(stopped.subtracting(loggedStoppedFates).contains)))
        (leftAlone, loggedStoppedFates) = (items, stopped)
    }
}

extension RowFate {
    /// True when the fate is worth a warning. An explicit denial is not: it is the administrator's decision.
    fileprivate var deservesWarning: Bool {
        switch outcome {
        case .openByUs, .open, .firewalld, .explicitlyDenied: false
        case .notServed, .unknown: true
        }
    }

    /// The reason why no exception is made; nil for other fates.
    fileprivate var obstacle: String? {
        if case .notServed(_, let reason) = outcome { reason } else { nil }
    }
}

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

extension Logger {
    /// Warns about rows that are stopped.
    func warn(ofNew items: [StoppedRows]) {
        for item in items.prefix(LogText.mostShown) {
            warning("\(item.text)", metadata: .entry(.leftAlone))
        }
        if items.count > LogText.mostShown {
            let others = items.count - LogText.mostShown
            warning("\(others) more entries like these; `teredowall status` shows all rows")
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
