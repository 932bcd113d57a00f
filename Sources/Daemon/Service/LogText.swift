// SPDX-License-Identifier: GPL-2.0-or-later
internal import Logging
internal import Nftables
internal import Planner

/// The phrases of the daemon's log.
enum LogText {
    /// "inet filter (input, output), inet teredowall"
    static func places(_ places: [Attachment]) -> String {
        list(places) { place in
            place.kind == .ownTable ? "\(place.table)" : "\(place.table) (\(list(place.chains, \.name)))"
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

    /// What a change of the client's ports did to the firewall.
    static func change(from old: [Opening], to new: [Opening], in places: [Attachment]) -> String {
        // No attachment, for instance with mode = "report".
        if places.isEmpty { return "the client has \(ports(new)); opened nowhere" }
        let there = "in \(Self.places(places))"
        if old.isEmpty { return "opened \(ports(new)) \(there)" }
        if new.isEmpty { return "closed \(ports(old)) \(there)" }
        return "moved \(ports(old)) to \(ports(new)) \(there)"
    }
}

extension LogText {
    static func standing(in places: [Attachment]) -> String {
        places.isEmpty ? "no standing rules" : "standing rules in \(Self.places(places))"
    }

    static func closed(_ places: [Attachment]) -> String {
        places.isEmpty ? "nothing was open" : "closed everything in \(Self.places(places))"
    }
}

extension Logger {
    /// Logs what a change of the client's ports did to the firewall.
    func notice(ofChange old: [Opening], to new: [Opening], in places: [Attachment]) {
        notice(
            "\(LogText.change(from: old, to: new, in: places))",
            metadata: .entry(
                .portChanged, table: places.isEmpty ? nil : LogText.list(places, \.table.description),
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
