// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Logging
internal import Planner

extension ExceptionService {
    /// Logs what is left alone and which rows are not served, as far as it was not logged before.
    func logStoppedRows() {
        let legacy = LegacyTables.leftAlone(LegacyTables.inUse(of: .iptables), of: .iptables)
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
