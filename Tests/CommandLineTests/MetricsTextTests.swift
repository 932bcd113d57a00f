// SPDX-License-Identifier: GPL-2.0-or-later
import Control
import Testing

@testable import teredowall

@Suite struct MetricsTextTests {
    @Test func `every metric has a type line and its value, and labels are escaped`() {
        var status = StatusTextTests.status
        status.places[0].table = "inet a\"b\\c"
        status.activity.openSeconds.add(seconds: 0.0004)
        status.activity.openSeconds.add(seconds: 5)
        let lines = MetricsText(status).text.split(separator: "\n")
        let table = #"table="inet a\"b\\c""#
        #expect(
            lines.contains(#"teredowall_rule_packets_total{chain="teredowall-input",rule="I1",\#(table)} 3"#))
        #expect(lines.contains(#"teredowall_open_seconds_bucket{le="0.00025"} 0"#))
        #expect(lines.contains(#"teredowall_open_seconds_bucket{le="0.0005"} 1"#))
        #expect(lines.contains(#"teredowall_open_seconds_bucket{le="+Inf"} 2"#))
        #expect(lines.contains("teredowall_failing 1"))
        #expect(lines.contains("teredowall_up 1"))
        #expect(lines.contains(#"teredowall_build_info{version="1.2.3"} 1"#))
        #expect(lines.contains("teredowall_start_time_seconds 1000"))
        #expect(lines.contains("teredowall_config_last_reload_successful 1"))
        #expect(lines.contains("teredowall_client_qualified 1"))
        #expect(lines.contains("teredowall_unserved_rows 1"))
        #expect(lines.contains(#"teredowall_heals_total{by="unknown"} 0"#))
        let samples = lines.filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "{" && $0 != " " } }
        for sample in Set(samples) {
            // A histogram has samples with these suffixes, and one type line without a suffix.
            let name = ["_bucket", "_sum", "_count"].reduce(String(sample)) { name, suffix in
                name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
            }
            #expect(lines.contains { $0.hasPrefix("# TYPE \(name) ") }, "\(name)")
        }
    }

    @Test func `without the daemon the only sample reports that it is down`() {
        #expect(
            MetricsText(nil).text == """
                # HELP teredowall_up Whether the daemon answers.
                # TYPE teredowall_up gauge
                teredowall_up 0
                """)
    }
}
