// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control

/// The daemon's status in Prometheus' text format.
struct MetricsText {
    private var lines: [String] = []

    var text: String { lines.joined(separator: "\n") }

    init(_ status: Control.Status) {
        let activity = status.activity
        gauge(
            "port_present", "Whether the Teredo client has a service port.",
            status.client.ports.isEmpty ? 0 : 1)
        gauge("places", "Tables and firewalls in which exceptions are in force.", status.places.count)
        gauge(
            "left_alone", "Chains and tables that would stop Teredo and are left alone.",
            status.leftAlone.count)
        gauge("failing", "Whether the last call to the firewall failed.", status.lastError == nil ? 0 : 1)
        gauge("lease_seconds", "How long an opening lives without renewal.", status.leaseSeconds)
        let leases = status.places.compactMap { place in
            place.leaseRemainingSeconds.map { (labels: ["table": place.table], value: "\($0)") }
        }
        family(
            "lease_remaining_seconds", "gauge", "How long the openings of a place would still live.", leases)
        rules("rule_packets_total", "Packets that a rule has accepted.", status.places) { $0.packets }
        rules("rule_bytes_total", "Bytes that a rule has accepted.", status.places) { $0.bytes }
        let heals = activity.healsByProcess.sorted { $0.key < $1.key }
            .map { (labels: ["by": $0.key], value: "\($0.value)") }
        family("heals_total", "counter", "Exceptions put back, by who had taken them away.", heals)
        family(
            "retries_total", "counter", "Plans made again after a foreign change.",
            [([:], "\(activity.retries)")])
        family(
            "failures_total", "counter", "Calls to the firewall that failed.", [([:], "\(activity.failures)")]
        )
        histogram("open_seconds", "From seeing the port to the committed rule.", activity.openSeconds)
        histogram("swap_seconds", "The transaction of a port change.", activity.swapSeconds)
    }

    private mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        family(name, "gauge", help, [([:], "\(value)")])
    }

    private mutating func rules(
        _ name: String, _ help: String, _ places: [PlaceStatus], _ value: (RuleStatus) -> UInt64?
    ) {
        let samples = places.flatMap { place in
            place.rules.compactMap { rule in
                value(rule).map {
                    (labels: ["table": place.table, "chain": rule.chain, "rule": rule.name], value: "\($0)")
                }
            }
        }
        family(name, "counter", help, samples)
    }

    private mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        head(name, "histogram", help)
        for (bound, count) in zip(Histogram.bounds, histogram.buckets) {
            lines.append("teredowall_\(name)_bucket{le=\"\(bound)\"} \(count)")
        }
        lines.append("teredowall_\(name)_bucket{le=\"+Inf\"} \(histogram.count)")
        lines.append("teredowall_\(name)_sum \(histogram.sum)")
        lines.append("teredowall_\(name)_count \(histogram.count)")
    }

    private mutating func family(
        _ name: String, _ type: String, _ help: String, _ samples: [(labels: [String: String], value: String)]
    ) {
        if samples.isEmpty { return }
        head(name, type, help)
        for sample in samples {
            let labels = sample.labels.sorted { $0.key < $1.key }.map {
                "\($0.key)=\"\(Self.escaped($0.value))\""
            }
            let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            lines.append("teredowall_\(name)\(braces) \(sample.value)")
        }
    }

    private mutating func head(_ name: String, _ type: String, _ help: String) {
        lines += ["# HELP teredowall_\(name) \(help)", "# TYPE teredowall_\(name) \(type)"]
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
