// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport
import Testing

@Suite(.enabledAsRoot) struct FlowTableTests {
    @Test func `flows are counted, UDP flows are found by either port, and forgotten one by one`() throws {
        let namespace = try NetworkNamespace.forTest()
        // A rule with `ct state` makes the kernel track the connections of the namespace.
        try namespace.nft(
            load: "table ip t { chain c { type filter hook input priority 0; ct state invalid drop; }; }")
        let table = try namespace.run { () throws(SystemError) in try FlowTable() }
        #expect(try table.count() == 0)
        for (transport, source, destination) in [
            ("udp", 4000, 5000), ("udp", 5000, 6000), ("udp", 4000, 6000), ("tcp", 4000, 5000),
        ] {
            let state = transport == "tcp" ? ["--state", "ESTABLISHED"] : []
            try namespace.command(
                "conntrack",
                [
                    "-I", "-p", transport, "-s", "192.0.2.1", "-d", "192.0.2.2", "--sport", "\(source)",
                    "--dport", "\(destination)", "-t", "600", "-u", "SEEN_REPLY",
                ] + state)
        }
        #expect(try table.count() == 4)
        // The UDP flows to and from the port; the TCP flow does not count.
        let found = try table.flows(ofPort: 5000)
        #expect(found.count == 2)
        for flow in found { try table.forget(flow) }
        #expect(try table.count() == 2)
        #expect(try table.flows(ofPort: 5000).isEmpty)
        // Deleting a flow that does not exist is no error.
        for flow in found { try table.forget(flow) }
    }
}
