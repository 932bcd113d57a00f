// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus

/// The settings of a zone that matter here.
struct FirewalldZone {
    /// The treatment of packets that no rule matches: "ACCEPT", "DROP", "%%REJECT%%", "default".
    var target: String
    var richRules: [String]

    init(_ settings: [String: BusValue]) {
        target = settings["target"]?.text ?? "default"
        richRules = settings["rules_str"]?.texts ?? []
    }

    /// True when the zone accepts all packets that no rule denies.
    var isOpen: Bool { target == "ACCEPT" }
}
