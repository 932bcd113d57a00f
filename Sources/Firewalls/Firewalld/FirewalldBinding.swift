// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus

/// The interfaces and sources whose traffic belongs to a zone.
struct FirewalldBinding: Hashable {
    var interfaces: [String]
    var sources: [String]

    init(interfaces: [String] = [], sources: [String] = []) {
        self.interfaces = interfaces
        self.sources = sources
    }

    init(_ value: BusValue) {
        interfaces = value.dictionary?["interfaces"]?.texts ?? []
        sources = value.dictionary?["sources"]?.texts ?? []
    }

    func contains(interface: String) -> Bool {
        interfaces.contains { pattern in
            // As in iptables, eth+ matches every name that begins with eth.
            pattern.last == "+" ? interface.hasPrefix(pattern.dropLast()) : interface == pattern
        }
    }
}

/// The zones that traffic of `interfaces` belongs to, sorted. Of several zones that an interface matches, the one that
/// lists its very name takes precedence, as in firewalld. An interface that no zone lists belongs to the default zone;
/// without interfaces the result is the default zone, to which new interfaces will belong.
func firewalldZones(
    active: [String: FirewalldBinding], defaultZone: String, interfaces: [String]
) -> [String] {
    var zones: Set<String> = interfaces.isEmpty ? [defaultZone] : []
    // Sorted, so that the result is the same each time where several wildcards match.
    let candidates = active.sorted { $0.key < $1.key }
    for interface in interfaces {
        let zone =
            candidates.first { $0.value.interfaces.contains(interface) }
            ?? candidates.first { $0.value.contains(interface: interface) }
        zones.insert(zone?.key ?? defaultZone)
    }
    return zones.sorted()
}
