// SPDX-License-Identifier: GPL-2.0-or-later
internal import Logging
internal import Nftables
internal import Planner

/// The phrases of the daemon's log.
enum LogText {
    /// "inet filter (input, output), inet teredowall"
    static func attachments(_ attachments: [Attachment]) -> String {
        list(attachments) { attachment in
            attachment.kind == .ownTable
                ? "\(attachment.table)" : "\(attachment.table) (\(list(attachment.chains, \.name)))"
        }
    }

    /// "UDP port 40000", "UDP ports 40000, 10.9.0.1:40001", "no port"
    static func ports(_ ports: [Opening]) -> String {
        switch ports.count {
        case 0: "no port"
        case 1: "UDP port \(ports[0])"
        default: "UDP ports \(list(ports) { "\($0)" })"
        }
    }

    /// "a, b, c"; of a long list the first items and the number of the rest: "a, b, c, d, e, f, g, h and 13
    /// more"
    static func list<Item>(_ items: [Item], _ text: (Item) -> String) -> String {
        let shown = items.prefix(mostShown).map(text).joined(separator: ", ")
        return items.count <= mostShown ? shown : "\(shown) and \(items.count - mostShown) more"
    }

    static let mostShown = 8

    /// The text, cut to the length of one log line.
    static func shortened(_ text: String) -> String {
        let limit = 1_000
        return text.unicodeScalars.count <= limit ? text : "\(String(text.unicodeScalars.prefix(limit)))…"
    }

    /// The effect of a change of the client's ports on the firewall.
    static func change(from old: [Opening], to new: [Opening], in attachments: [Attachment]) -> String {
        // No attachment, for instance with mode = "report".
        if attachments.isEmpty { return "the client has \(ports(new)); opened nowhere" }
        let there = "in \(Self.attachments(attachments))"
        if old.isEmpty { return "opened \(ports(new)) \(there)" }
        if new.isEmpty { return "closed \(ports(old)) \(there)" }
        return "moved \(ports(old)) to \(ports(new)) \(there)"
    }
}

extension LogText {
    static func standing(in attachments: [Attachment]) -> String {
        attachments.isEmpty ? "no standing rules" : "standing rules in \(Self.attachments(attachments))"
    }

    static func closed(_ attachments: [Attachment]) -> String {
        attachments.isEmpty ? "nothing was open" : "closed everything in \(Self.attachments(attachments))"
    }
}

extension Logger {
    /// Logs what a change of the client's ports did to the firewall.
    func notice(ofChange old: [Opening], to new: [Opening], in attachments: [Attachment]) {
        notice(
            "\(LogText.change(from: old, to: new, in: attachments))",
            metadata: .entry(
                .portChanged,
                table: attachments.isEmpty ? nil : LogText.list(attachments, \.table.description),
                port: new.isEmpty ? nil : LogText.list(new, \.description)))
    }

    /// Warns about what is left alone now and was not before.
    func warn(ofNew items: [LeftAlone], besides known: [LeftAlone]) {
        let known = Set(known)
        let new = items.filter { !known.contains($0) }
        for item in new.prefix(LogText.mostShown) {
            warning("left alone: \(item.name): \(item.reason)", metadata: .entry(.leftAlone))
        }
        if new.count > LogText.mostShown {
            warning("left alone: \(new.count - LogText.mostShown) more; `teredowall status` names them all")
        }
    }
}
