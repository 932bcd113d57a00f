// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Platform

/// The daemon's status in words.
struct StatusText {
    enum Style {
        case plain
        case colour
    }

    let style: Style
    /// Seconds since 1970.
    let now: Int64

    func text(of status: Control.Status) -> String {
        var lines = [
            "teredowalld \(status.version) (pid \(status.processID)), running for \(elapsed(since: status.startedAt))",
            field("client") + client(status.client),
            field("lease")
                + "\(duration(Int64(status.leaseSeconds))): what is open closes by itself that long after the daemon is gone",
        ]
        if let error = status.lastError { lines.append(field("problem") + paint(error, .red)) }
        lines += status.places.flatMap(place)
        for item in status.leftAlone { lines.append(field("left alone") + "\(item.name): \(item.reason)") }
        for heal in status.heals.suffix(5) {
            let culprit =
                heal.processName.map { " after a change by \($0) (pid \(heal.processID ?? 0))" } ?? ""
            lines.append(field("healed") + "\(elapsed(since: heal.at)) ago: \(heal.place)\(culprit)")
        }
        return lines.joined(separator: "\n")
    }

    private func client(_ client: Control.Status.Client) -> String {
        guard let uid = client.uid else {
            return paint("there is no user \(client.user) on this host", .yellow)
        }
        let user = "user \(client.user) (uid \(uid))"
        guard !client.ports.isEmpty else { return "\(user), " + paint("not started", .yellow) }
        let ports = client.ports.map { String($0) }.joined(separator: ", ")
        let since = client.since.map { " for \(elapsed(since: $0))" } ?? ""
        return "\(user), " + paint("UDP port \(ports)", .green) + since
    }

    private func place(_ place: PlaceStatus) -> [String] {
        let chains = place.chains.joined(separator: ", ")
        let lease = place.leaseRemainingSeconds.map { ", \(duration(Int64($0))) left" } ?? ""
        let title = field("open in") + paint(place.table, .bold) + " (\(place.kind): \(chains)\(lease))"
        let width = place.rules.map(\.text.count).max() ?? 0
        return [title]
            + place.rules.map { rule in
                let text = rule.text.padding(to: width)
                let count =
                    rule.packets.map { "  \($0) packet\($0 == 1 ? "" : "s"), \(rule.bytes ?? 0) bytes" } ?? ""
                return "    \(rule.name.padding(to: 4)) \(rule.direction.padding(to: 3)) \(text)\(count)"
            }
    }

    private func field(_ name: String) -> String { "  " + name.padding(to: 12) }

    private func elapsed(since moment: Int64) -> String { duration(max(0, now - moment)) }

    /// "3 min", "2 h 5 min"
    private func duration(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }

    private enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case bold = "1"
    }

    private func paint(_ text: String, _ colour: Colour) -> String {
        style == .plain ? text : "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
