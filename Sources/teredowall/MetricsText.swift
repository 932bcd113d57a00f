// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control

/// The daemon's status in Prometheus' text format.
struct MetricsText {
    private var lines: [String] = []

    var text: String { lines.joined(separator: "\n") }

    /// The metrics of a status; nil when the daemon did not answer.
    init(_ status: Control.Status?) {
        gauge("up", "Whether the daemon answers.", status == nil ? 0 : 1)
        guard let status else { return }
        family(
            "build_info", "gauge", "The daemon's version.",
            [(labels: ["version": status.version], value: "1")])
        gauge("start_time_seconds", "When the daemon started, since 1970.", Int(status.startedAt.seconds))
        gauge(
            "config_last_reload_successful", "Whether the configuration files are in force.",
            status.configuration.lastError == nil ? 1 : 0)
        client(status)
        firewall(status)
        activity(status.activity)
    }

    private mutating func client(_ status: Control.Status) {
        gauge(
            "port_present", "Whether the Teredo client has a service port.",
            status.client.ports.isEmpty ? 0 : 1)
        gauge(
            "client_qualified", "Whether the client has a Teredo address.", status.tunnel == nil ? 0 : 1)
        if let probe = status.client.probe {
            family(
                "probe_in_use", "gauge", "Whether the kernel reports the client's binds; if not, the reason.",
                [(probe.reason.map { ["reason": $0] } ?? [:], probe.inUse ? "1" : "0")])
        }
    }

    private mutating func firewall(_ status: Control.Status) {
        gauge("places", "Tables and firewalls in which exceptions are in force.", status.places.count)
        let unserved = status.rows.count { $0.state == .unserved }
        gauge("unserved_rows", "Rows that a default denies on an interface without an exception.", unserved)
        gauge(
            "left_alone", "Chains and tables that would stop Teredo and are left alone.",
            status.leftAlone.count)
        gauge("failing", "Whether the last call to the firewall failed.", status.lastError == nil ? 0 : 1)
        gauge("lease_seconds", "Lifetime of an opening without renewal, in seconds.", status.leaseSeconds)
        let leases = status.places.compactMap { place in
            place.leaseRemainingSeconds.map { (labels: ["table": place.table], value: "\($0)") }
        }
        family(
            "lease_remaining_seconds", "gauge", "Remaining lifetime of the openings of a place, in seconds.",
            leases)
        rules("rule_packets_total", "Packets that a rule has accepted.", status.places) { $0.packets }
        rules("rule_bytes_total", "Bytes that a rule has accepted.", status.places) { $0.bytes }
    }

    private mutating func activity(_ activity: Activity) {
        let byProcess = activity.healsByProcess.sorted { $0.key < $1.key }
        // A sample with the value 0 before the first heal, so that the counter exists.
        let heals = (byProcess.isEmpty ? [("unknown", 0)] : byProcess.map { ($0.key, $0.value) })
            .map { (labels: ["by": $0.0], value: "\($0.1)") }
        family(
            "heals_total", "counter", "Exceptions put back, by the process that had removed them.", heals)
        family(
            "retries_total", "counter", "Plans made again after a foreign change.",
            [([:], "\(activity.retries)")])
        family(
            "failures_total", "counter", "Calls to the firewall that failed.", [([:], "\(activity.failures)")]
        )
        histogram(
            "open_seconds", "Time from seeing the port to the commit of its rule.", activity.openSeconds)
        histogram("swap_seconds", "Duration of the transaction of a port change.", activity.swapSeconds)
    }

    private mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        family(name, "gauge", help, [([:], "\(value)")])
    }

    /// Adds a counter with a sample for each rule that has the value.
    private mutating func rules(
        _ name: String, _ help: String, _ places: [AttachmentStatus], _ value: (RuleStatus) -> UInt64?
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

    /// Adds a metric with its samples; nothing without samples.
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
