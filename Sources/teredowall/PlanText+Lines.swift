// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control

extension PlanText {
    /// The plan as a script for nft, with everything else as comments, the summary first. Lines are never
    /// wrapped.
    var lines: [String] {
        var lines = ["# " + summary]
        lines += rows.map { "# " + StatusText.line(of: $0) }
        lines += leftAlone.map { "# left alone: \($0.name): \($0.reason)" }
        if !text.isEmpty { lines.append(text) }
        return lines
    }

    private var summary: String {
        let commands = text.split(separator: "\n").count
        let changes =
            switch commands {
            case 0: "nothing to change"
            case 1: "1 command"
            default: "\(commands) commands"
            }
        return leftAlone.isEmpty ? changes : "\(changes); \(leftAlone.count) left alone"
    }
}
