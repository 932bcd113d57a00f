// SPDX-License-Identifier: GPL-2.0-or-later
internal import Administration

/// The report of an examination in words.
struct CheckText {
    enum Style {
        case plain
        case colour
    }

    let style: Style

    func text(of report: CheckReport) -> String {
        var lines = [title(report)]
        let width = report.rows.map(\.packet.count).max() ?? 0
        for row in report.rows {
            let proof = row.isProven ? "" : " (by reading)"
            lines.append(
                "  \(padded(row.name, 2)) \(padded(row.direction, 3))  \(word(row.verdict))  "
                    + "\(padded(row.packet, width))  \(row.text)\(proof)")
            if let remedy = row.remedy { lines.append("      \(remedy)") }
        }
        for finding in report.findings {
            lines.append("  \(word(finding.severity))  \(finding.subject): \(finding.text)")
            if let remedy = finding.remedy { lines.append("      \(remedy)") }
        }
        return lines.joined(separator: "\n")
    }

    private func title(_ report: CheckReport) -> String {
        let result =
            switch report.outcome {
            case .passes: paint("Teredo would pass", .green)
            case .fails: paint("Teredo would not pass", .red)
            case .unknown: paint("Whether Teredo would pass is unknown", .yellow)
            }
        let ports = report.client.ports.map { String($0) }.joined(separator: ", ")
        let client = ports.isEmpty ? "no client" : "UDP port \(ports)"
        let place = report.interface.map { " on \($0)" } ?? ""
        return report.rows.isEmpty ? "\(client)\(place)" : "\(result): \(client)\(place)"
    }

    private func word(_ verdict: CheckReport.Row.Verdict) -> String {
        switch verdict {
        case .passes: paint("passes ", .green)
        case .blocked: paint("BLOCKED", .red)
        case .lost: paint("LOST   ", .red)
        case .unheard: paint("unheard", .yellow)
        case .unknown: paint("unknown", .yellow)
        }
    }

    private func word(_ severity: CheckReport.Finding.Severity) -> String {
        switch severity {
        case .problem: paint("problem", .red)
        case .warning: paint("warning", .yellow)
        case .note: "note   "
        }
    }

    private enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    private func paint(_ text: String, _ colour: Colour) -> String {
        style == .plain ? text : "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
