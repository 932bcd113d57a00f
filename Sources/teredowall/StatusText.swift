// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control

/// The daemon's status as text: a summary in one line, then fields.
struct StatusText {
    private let status: Control.Status
    private let now: Moment
    private var sheet: Sheet

    init(_ status: Control.Status, now: Moment, sheet: Sheet = Sheet()) {
        self.status = status
        self.now = now
        self.sheet = sheet
        summary()
        fields()
        rows()
        places()
        remarks()
    }

    var text: String { sheet.text }

    /// True when nothing needs attention. A client that is not running needs none.
    static func isWell(_ status: Control.Status) -> Bool {
        status.lastError == nil && status.configuration.lastError == nil && status.leftAlone.isEmpty
            && status.client.withheld.isEmpty
            && !status.rows.contains { $0.state == .unserved }
    }

    private mutating func summary() {
        let problems = self.problems
        let used = status.client.ports.map { String($0) }.joined(separator: ", ")
        let opened = self.opened.map { String($0) }.joined(separator: ", ")
        let state =
            switch (status.client.ports.isEmpty, status.mode) {
            case (true, _): "no Teredo client is running"
            case (false, "report"): "UDP port \(used) in use, nothing opened (mode report)"
            case (false, _): opened.isEmpty ? "no port opened" : "UDP port \(opened) open"
            }
        let denied = rowsWords(.denied).map { "\($0) denied by your rules" }
        let text =
            "teredowalld: " + ([state] + problems + [denied].compactMap(\.self)).joined(separator: "; ")
        let colourWithoutProblems: Sheet.Colour = status.client.ports.isEmpty ? .yellow : .green
        sheet.title(text, problems.isEmpty ? colourWithoutProblems : .red)
    }

    private var problems: [String] {
        var problems: [String] = []
        if status.lastError != nil { problems.append("the firewall is not as it should be") }
        let withheld = status.client.withheld.count
        if withheld > 0 { problems.append("\(withheld) port\(withheld == 1 ? " is" : "s are") not opened") }
        if status.configuration.lastError != nil { problems.append("the new configuration was refused") }
        if let rows = rowsWords(.unserved) {
            problems.append("\(rows) not served")
        } else if !status.leftAlone.isEmpty {
            problems.append("\(status.leftAlone.count) left alone")
        }
        return problems
    }

    /// The names of the rows in this state, and their interfaces unless these are the interfaces of all rows:
    /// "O1, O2 on wg0".
    private func rowsWords(_ state: RowStatus.State) -> String? {
        let rows = status.rows.filter { $0.state == state }
        let names = Set(rows.map(\.name)).sorted().joined(separator: ", ")
        let interfaces = Set(rows.compactMap(\.interface))
        if rows.isEmpty { return nil }
        return interfaces == Set(status.rows.compactMap(\.interface))
            ? names : "\(names) on \(interfaces.sorted().joined(separator: ", "))"
    }

    private mutating func fields() {
        let namespace = status.networkNamespace.map { ", network namespace net:[\($0)]" } ?? ""
        sheet.field(
            "daemon",
            "version \(status.version), pid \(status.processID), running for \(now.elapsed(since: status.startedAt))\(namespace)"
        )
        if let words = modeWords { sheet.field("mode", words, .yellow) }
        if let error = status.configuration.lastError {
            sheet.field("refused", "configuration: \(error); the previous one stays in force", .red)
        }
        client()
        probe()
        if !status.client.ports.isEmpty { sheet.tunnel(status.tunnel, now: now) }
        let exemption =
            status.places.contains { $0.note != nil } ? " (except where a note states otherwise)" : ""
        sheet.field(
            "lease",
            "\(durationText(Int64(status.leaseSeconds))): if the daemon is killed, all openings end within this time"
                + exemption)
        if let error = status.lastError { sheet.field("problem", error, .red) }
    }

    private var modeWords: String? {
        switch status.mode {
        case "report": "report: changes are reported, not made"
        case "own-table": "own-table: no exception is made in other tables"
        default: nil
        }
    }

    private mutating func client() {
        guard let uid = status.client.uid else {
            return sheet.field(
                "client",
                "there is no user \(status.client.user) on this host, or the daemon could not look it up: see its log",
                .yellow)
        }
        let user = "user \(status.client.user) (uid \(uid))"
        guard !status.client.ports.isEmpty else {
            return sheet.field("client", "\(user), not started", .yellow)
        }
        let ports = status.client.ports.map { String($0) }.joined(separator: ", ")
        let since = status.client.since.map { " for \(now.elapsed(since: $0))" } ?? ""
        sheet.field("client", "\(user), UDP port \(ports)\(since)")
    }

    private mutating func probe() {
        guard let probe = status.client.probe else { return }
        let why = probe.reason.map { " (\($0))" } ?? ""
        sheet.field(
            "detection",
            probe.inUse
                ? "the kernel reports each bind of the client"
                : "the client's port is looked for, as the kernel does not report binds\(why)")
    }

    private mutating func rows() {
        var interfaces: [String?] = []
        for row in status.rows where !interfaces.contains(row.interface) { interfaces.append(row.interface) }
        for interface in interfaces {
            let cells = status.rows.filter { $0.interface == interface }.map { row in
                let (word, colour) = isWaiting(row) ? ("ready", nil) : Self.word(for: row.state)
                let details = detailsInTable(of: row)
                return [
                    (text: "\(row.name) \(RowName.words(of: row.name))", colour: nil as Sheet.Colour?),
                    (text: word, colour: colour), (text: details, colour: nil),
                ]
            }
            sheet.table(interface ?? "all", cells)
        }
    }

    /// True when the row's rule is in force but no port is open, because the client has none or all its ports
    /// are withheld.
    private func isWaiting(_ row: RowStatus) -> Bool {
        row.state == .open && RowName.isOfServicePort(row.name) && opened.isEmpty
    }

    /// The client's ports that are open on one address at least. A daemon of an earlier version does not report them: then
    /// those of which no address is withheld, which may be fewer.
    private var opened: [UInt16] {
        let withheld = Set(status.client.withheld.map(\.port))
        return status.client.opened ?? status.client.ports.filter { !withheld.contains($0) }
    }

    /// "I1 in, to the service port, on eth0: open by inet filter input"
    static func line(of row: RowStatus) -> String {
        let interface = row.interface.map { ", on \($0)" } ?? ""
        let details = details(of: row)
        return "\(row.name) \(RowName.words(of: row.name))\(interface): \(word(for: row.state).0)"
            + (details.isEmpty ? "" : " \(details)")
    }

    /// The details of a row. If its chain is left alone, the reason why is omitted, since the line about that
    /// chain states it.
    private func detailsInTable(of row: RowStatus) -> String {
        guard row.state == .unserved, let reason = row.reason,
            let chain = status.leftAlone.first(where: { $0.name == row.place })
        else { return Self.details(of: row) }
        let rest = reason.replacing(chain.reason, with: "").drop { $0 == ";" || $0 == " " }
        return "\(chain.name)\(rest.isEmpty ? "" : ": \(rest)") (left alone: see below)"
    }

    private static func details(of row: RowStatus) -> String {
        let place = row.place.map { row.state == .open ? "by \($0)" : $0 }
        return [place, row.reason].compactMap { $0 }.joined(separator: ": ")
    }

    private static func word(for state: RowStatus.State) -> (String, Sheet.Colour?) {
        switch state {
        case .open: ("open", .green)
        case .unfiltered: ("not filtered", nil)
        case .denied: ("denied", .yellow)
        case .unserved: ("NOT SERVED", .red)
        case .unknown: ("unknown", .yellow)
        }
    }

    /// Writes the places. Rules are listed for the first place of each kind; further places have the same
    /// rules.
    private mutating func places() {
        var kinds: Set<String> = []
        for place in status.places {
            let chains = place.chains.joined(separator: ", ")
            let lease = place.leaseRemainingSeconds.map { ", \(durationText(Int64($0))) left" } ?? ""
            sheet.field(
                "rules in", "\(place.table) (\(Self.words(ofKind: place.kind)): \(chains)\(lease))", .bold)
            if let note = place.note { sheet.detail("note: \(note)", .yellow) }
            // Our own table and anchors have the same rules as tables of nft.
            let kindOfRules = place.kind == "own table" || place.kind == "anchor" ? "nft" : place.kind
            if kinds.insert(kindOfRules).inserted {
                place.rules.forEach { rule($0) }
            } else {
                let counts = Dictionary(
                    place.rules.compactMap { rule in rule.packets.map { (rule.name, $0) } },
                    uniquingKeysWith: +)
                let texts = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                if !texts.isEmpty { sheet.detail("packets: " + texts.joined(separator: ", ")) }
            }
        }
    }

    /// A kind of place, in words for the administrator.
    private static func words(ofKind kind: String) -> String {
        switch kind {
        case "nft": "your nft rules"
        case "anchor": "your chains for these rules"
        default: kind
        }
    }

    private mutating func rule(_ rule: RuleStatus) {
        let count = rule.packets.map { ": \($0) packet\($0 == 1 ? "" : "s"), \(rule.bytes ?? 0) bytes" } ?? ""
        sheet.detail("\(rule.name) \(rule.direction.padding(to: 3)) \(rule.text)\(count)")
    }

    private mutating func remarks() {
        for item in status.client.withheld {
            let name = item.address.map { "\($0):\(item.port)" } ?? "\(item.port)"
            sheet.field("not opened", "UDP port \(name): \(item.reason)", .yellow)
        }
        for item in status.leftAlone { sheet.field("left alone", "\(item.name): \(item.reason)", .yellow) }
        // The latest five: the daemon keeps more.
        for heal in status.heals.suffix(5) {
            let author =
                heal.processName.map { " after a change by \($0) (pid \(heal.processID ?? 0))" } ?? ""
            sheet.field("healed", "\(now.elapsed(since: heal.at)) ago: \(heal.place)\(author)", .cyan)
        }
    }
}
