// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner

/// The words in which the daemon says what it did.
enum LogText {
    /// "inet filter (input, output), inet teredowall"
    static func places(_ places: [Attachment]) -> String {
        guard !places.isEmpty else { return "no table" }
        return places.map { place in
            place.kind == .ownTable
                ? "\(place.table)" : "\(place.table) (\(place.chains.map(\.name).joined(separator: ", ")))"
        }.joined(separator: ", ")
    }

    /// "UDP port 40000", "UDP ports 40000, 40001", "no port"
    static func ports(_ ports: [UInt16]) -> String {
        switch ports.count {
        case 0: "no port"
        case 1: "UDP port \(ports[0])"
        default: "UDP ports \(ports.map { String($0) }.joined(separator: ", "))"
        }
    }

    /// What a change of the client's ports did to the firewall.
    static func change(from old: [UInt16], to new: [UInt16], in places: [Attachment]) -> String {
        let there = "in \(Self.places(places))"
        if old.isEmpty { return "opened \(ports(new)) \(there)" }
        if new.isEmpty { return "closed \(ports(old)) \(there)" }
        return "moved \(ports(old)) to \(ports(new)) \(there)"
    }
}
