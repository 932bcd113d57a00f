// SPDX-License-Identifier: GPL-2.0-or-later
internal import Administration
internal import Control

/// The report of a check as text: the result in one line, then a line for each kind of packet and each
/// finding.
struct CheckText {
    /// The length of the longest words for verdicts and severities, for example "BLOCKED" and "problem".
    private static let wordWidth = 7

    private var sheet: Sheet

    init(_ report: CheckReport, now: Moment, sheet: Sheet = Sheet()) {
        self.sheet = sheet
        title(report)
        if report.tunnel != nil || report.hasClient { self.sheet.tunnel(report.tunnel, now: now) }
        rows(report)
        for finding in report.findings {
            let (word, colour) = Self.word(for: finding.severity)
            self.sheet.item((word.padding(to: Self.wordWidth), colour), "\(finding.subject): \(finding.text)")
            remedy(finding.remedy)
        }
    }

    var text: String { sheet.text }

    private mutating func title(_ report: CheckReport) {
        let (result, colour): (String, Sheet.Colour) =
            switch report.outcome {
            case .passes: ("Teredo would pass", .green)
            case .fails: ("Teredo would not pass", .red)
            case .noClient:
                ("No Teredo client runs; packets that do not depend on its port would pass", .yellow)
            case .unknown: ("Whether Teredo would pass is unknown", .yellow)
            }
        let ports = report.client.ports.map { String($0) }.joined(separator: ", ")
        let client = ports.isEmpty ? "no client" : "UDP port \(ports)"
        let place = report.interface.map { " on \($0)" } ?? ""
        sheet.title("\(result): \(client)\(place)", colour)
    }

    /// Writes the rows, with equal widths. Each is a table of its own, since its remedy is a line below it.
    private mutating func rows(_ report: CheckReport) {
        let packetWidth = report.rows.map(\.packet.count).max() ?? 0
        for row in report.rows {
            let (word, colour) = Self.word(for: row.verdict)
            let proof = row.isProven ? "" : " (by reading the rules)"
            sheet.table(
                nil,
                [
                    [
                        // A direction is "in" or "out".
                        ("\(row.name) \(row.direction.padding(to: 3))", nil),
                        (word.padding(to: Self.wordWidth), colour),
                        (row.packet.padding(to: packetWidth), nil), (row.text + proof, nil),
                    ]
                ])
            remedy(row.remedy)
        }
    }

    private mutating func remedy(_ remedy: String?) {
        if let remedy { sheet.verbatim("      \(remedy)") }
    }

    private static func word(for verdict: CheckReport.Row.Verdict) -> (String, Sheet.Colour?) {
        switch verdict {
        case .passes: ("passes", .green)
        case .blocked: ("BLOCKED", .red)
        case .lost: ("LOST", .red)
        case .unused: ("unused", nil)
        case .unknown: ("unknown", .yellow)
        }
    }

    private static func word(for severity: CheckReport.Finding.Severity) -> (String, Sheet.Colour?) {
        switch severity {
        case .problem: ("problem", .red)
        case .warning: ("warning", .yellow)
        case .note: ("note", nil)
        }
    }
}
